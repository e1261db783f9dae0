"""What people send to prove something: their files, taken in, kept, given back, and never parted from their rows.

It may use messaging, controls, documents, platform and catalogue. Whoever asks it has found out who may send or see."""
