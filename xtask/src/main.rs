//! `cargo xtask`: what the workspace does to itself.
fn main() {}
