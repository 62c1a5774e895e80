"""What a person does with an embedding, as pure functions: touch, correct, check, look."""
