"""Small models of the architectures of GPT-2 and Llama, with tokenizers of their kinds, saved as the Hub has them."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

TEXT = "The owl and the pussy-cat went to sea in a beautiful pea-green boat. São João, não é? " * 20


def save_gpt2(folder, vocabulary=None):
    """Byte-level BPE: a letter with an accent is spread over two tokens. Nothing is put before a text.

    vocabulary: how many tokens the network knows, by default as many as the tokenizer.
    """
    import transformers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    end = "<|endoftext|>"
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end)
    fast.save_pretrained(folder)
    config = transformers.GPT2Config(
        vocab_size=vocabulary or len(fast),
        n_positions=64,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    return save(transformers.GPT2LMHeadModel(config), fast, folder)


def save_llama(folder):
    """Word pieces with bytes for what they do not know; "<s>" is put before a text. The network has room for more."""
    import transformers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([TEXT.replace("ã", "")], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    config = transformers.LlamaConfig(
        vocab_size=len(fast) + 5,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
    )
    return save(transformers.LlamaForCausalLM(config), fast, folder)


def save(network, tokenizer, folder):
    """The folder with a network whose weights are large enough for its predictions to differ, and its tokenizer."""
    import torch

    torch.manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim > 1:
                weight.normal_(std=0.3)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
