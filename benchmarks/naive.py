"""The same three actions, built from standard Gradio components, to compare with the page.

A slider of frames requests a gr.Image at every move; a gallery is a gr.Gallery of 64 files; the bar chart is a gr.Plot
that a streaming generator replaces at every step. Only benchmarks/page.py imports this file.
"""

import time

import gradio as gr
import numpy as np
import plotly.graph_objects as go
import torch

from models.gan import GAN
from models.ngram import NgramLM
from models.sampling import generate
from models.vae import VAE

STEPS = 60


def build_naive():
    vae = VAE.from_pretrained("pretrained/vae/digits")
    gan = GAN.from_pretrained("pretrained/gan/fashion")
    lm = NgramLM.from_pretrained("pretrained/lm/shakespeare/ngram").with_order(5)
    z = torch.from_numpy(vae.examples.z)

    def frame(index):
        with torch.inference_mode():
            point = vae.interpolate(z[300], z[800], 32)[int(index)]
            picture = vae.decode(point[None])[0, 0].numpy()
        return np.uint8(255 * picture).repeat(10, 0).repeat(10, 1)

    def gallery(seed):
        images = gan.sample(range(int(seed), int(seed) + 64))[:, 0].numpy()
        return [np.uint8(255 * image) for image in images]

    def stream():
        text = "ROMEO:"
        for step in generate(lm, text, max_new_tokens=STEPS):
            text += step.text
            time.sleep(
                1 / 25
            )  # a high speed of the page; if steps come faster, gr.Plot shows only a few of them
            top = np.argsort(-step.prediction.probs)[:10]
            names = [repr(lm.tokenizer.tokens[i]) for i in top]
            yield text, go.Figure(go.Bar(x=step.prediction.probs[top], y=names, orientation="h"))

    with gr.Blocks() as demo:
        slider = gr.Slider(0, 31, step=1, elem_id="frame")
        picture = gr.Image(elem_id="picture")
        slider.input(frame, slider, picture, trigger_mode="always_last")
        seed = gr.Number(1, elem_id="seed")
        button = gr.Button("gallery", elem_id="make-gallery")
        wall = gr.Gallery(elem_id="gallery", columns=8)
        button.click(gallery, seed, wall)
        play = gr.Button("play", elem_id="play")
        text, plot = gr.Textbox(elem_id="text"), gr.Plot(elem_id="plot")
        play.click(stream, None, [text, plot])
    return demo
