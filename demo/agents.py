"""The public functions for agents, by the Model Context Protocol: app.py --mcp.

Gradio serves it, with a name, a description and a schema of each function. Here an answer becomes what an agent reads:
JSON, and pictures as pictures, enlarged so that single pixels can be seen.
"""

import base64
import io
import json

from PIL import Image

PATH = "gradio_api/mcp/"
PNG = "iVBORw0KGgo"  # how every PNG in base64 begins
LARGEST_PIXEL, WIDEST = 4, 1500  # pixels of what an agent sees
ABOUT = (
    "Small generative models for the classroom, trained by this project: VAEs (vae_...), GANs (gan_...) and language"
    " models (lm_...). Everything random takes a seed. Every number is the model's own. A sprite is one picture that"
    " holds several, row by row."
)


def set_up(demo):
    """Say what the server is, and let it answer in JSON and pictures. demo: a gr.Blocks launched with mcp_server."""
    agents = demo.mcp_server_obj
    agents.mcp_server.instructions = ABOUT
    agents.postprocess_output_data = lambda data, root_url: content(data[0])


def content(answer):
    """An answer as the list of an agent's content: its JSON, then its pictures, which the JSON names."""
    from mcp.types import ImageContent, TextContent

    pictures = []
    text = json.dumps(without_pictures(answer, pictures), ensure_ascii=False)
    shown = [ImageContent(type="image", data=enlarged(png), mimeType="image/png") for png in pictures]
    return [TextContent(type="text", text=text), *shown]


def without_pictures(answer, pictures):
    """The answer with "picture 1" and so on in place of each PNG in base64, which is appended to `pictures`."""
    if isinstance(answer, list):
        return [without_pictures(one, pictures) for one in answer]
    if isinstance(answer, dict):
        return {key: without_pictures(value, pictures) for key, value in answer.items()}
    if isinstance(answer, str) and answer.startswith(PNG):
        pictures.append(answer)
        return f"picture {len(pictures)}"
    return answer


def enlarged(png):
    """A PNG in base64, with each pixel as a square of pixels if there is room for it."""
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    factor = max(1, min(LARGEST_PIXEL, WIDEST // picture.width))
    larger = picture.resize([factor * side for side in picture.size], Image.Resampling.NEAREST)
    file = io.BytesIO()
    larger.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
