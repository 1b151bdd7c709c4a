"""New instances of any length: generators and solutions in the sandbox, lines counted, guessable ones dropped."""
