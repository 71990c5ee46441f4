/// A whole configuration file with comments. As it stands it needs the variables that it names.
pub const EXAMPLE: &str = include_str!("example.toml");
