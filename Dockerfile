# The playground in a container, on the CPU, as an ordinary user, with a root that may be read-only:
#
#     docker build -t playground .
#     docker run --rm -p 7860:7860 --read-only --tmpfs /tmp playground
#
# compose.yaml does the same. `docker stop` ends it at once, as Ctrl-C does.

FROM python:3.12-slim-bookworm AS packages
WORKDIR /packages
COPY requirements.txt requirements-lock.txt ./
# torch without 2.4 GB of GPU libraries; where its address cannot be reached, the next line brings the other one. All else
# is the next line's, since that address has other releases of it
RUN python -m venv . \
    && { bin/pip install --no-cache-dir --no-deps -c requirements-lock.txt torch torchvision \
             --index-url https://download.pytorch.org/whl/cpu \
         || echo "the CPU index cannot be reached"; } \
    && bin/pip install --no-cache-dir -c requirements-lock.txt -r requirements.txt

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --no-create-home playground \
    && install --directory --owner playground /data
COPY --from=packages /packages /packages
WORKDIR /app
COPY app.py requirements.txt LICENSE ./
COPY models models
COPY demo demo
COPY training/__init__.py training/command.py training/texts.py training/giving_way.py training/live.py training/live_gpt.py training/muon.py training/options.py training/
COPY pretrained pretrained
RUN python -m compileall -q app.py models demo training
ENV PATH=/packages/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    PLAYGROUND_DATA=/data
USER 1000
EXPOSE 7860
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:7860/playground/health')"]
ENTRYPOINT ["python", "app.py"]
