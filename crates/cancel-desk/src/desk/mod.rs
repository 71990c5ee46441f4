//! What a person or a program may ask of the desk, whatever the way it comes in.
