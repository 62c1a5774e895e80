"""Models to other programs and back: ONNX, TorchScript, packages of bioimage.io."""
