"""The weights of the GPT in Hugging Face transformers, compared with our code: python -m benchmarks.public_tool

Needs `pip install transformers` (any 5.x), which the project itself does not use. Its NanoChat model is the same
network, so only the names of the weights change. The logits are compared before anything is timed. Everything runs on
one thread in one process, in turn. The median of the runs counts; quote the ratio, not the times.
"""

import argparse
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the app has it

import torch

from benchmarks.models import compare, recompute
from models.gpt import GPT
from models.sampling import generate

PROMPT, TOKENS = "ROMEO:", 200


def convert(gpt):
    """The same network with the same weights as a transformers.NanoChatForCausalLM."""
    from transformers import NanoChatConfig, NanoChatForCausalLM

    config = gpt.config
    theirs = NanoChatForCausalLM(
        NanoChatConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.n_embd,
            intermediate_size=4 * config.n_embd,
            num_hidden_layers=config.n_layer,
            num_attention_heads=config.n_head,
            num_key_value_heads=config.n_head,
            max_position_embeddings=config.block_size,
            rms_norm_eps=torch.finfo(torch.float32).eps,
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
            final_logit_softcapping=None,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=None,
        )
    )
    weights = {"model.embed_tokens.weight": gpt.embed.weight, "lm_head.weight": gpt.head.weight}
    for i, block in enumerate(gpt.blocks):
        layer = f"model.layers.{i}"
        parts = block.attention.qkv.weight.chunk(3)
        weights |= {f"{layer}.self_attn.{name}_proj.weight": part for name, part in zip("qkv", parts)}
        weights |= {
            f"{layer}.self_attn.o_proj.weight": block.attention.out.weight,
            f"{layer}.mlp.fc1.weight": block.up.weight,
            f"{layer}.mlp.fc2.weight": block.down.weight,
        }
    theirs.load_state_dict(weights, strict=True)
    return theirs.eval()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    gpt = GPT.from_pretrained("pretrained/lm/shakespeare/gpt")
    theirs = convert(gpt)
    ids = torch.tensor([gpt.start() + gpt.tokenizer.encode(PROMPT)])
    with torch.inference_mode():
        apart = (theirs(ids).logits - gpt(ids)).abs().max().item()
        print(f"the same prompt through both: logits at most {apart:.1e} apart")
        if apart > 1e-4:
            raise SystemExit("These are not the same networks.")
        ours = (
            "ours, cached",
            lambda: list(generate(gpt, PROMPT, max_new_tokens=TOKENS)),
        )
        they = (
            "transformers, cached",
            lambda: theirs.generate(ids, max_new_tokens=TOKENS, do_sample=True, top_k=0),
        )
        compare(args.runs, f"{TOKENS} characters by GPT", ours, they)
        plain = ("recomputed each step", lambda: recompute(gpt, PROMPT, TOKENS))
        compare(args.runs, f"{TOKENS} characters by GPT", ours, plain)


if __name__ == "__main__":
    main()
