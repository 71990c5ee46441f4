//! `cancel-desk`: refunds carried through, from the command line and over HTTP.

fn main() {}
