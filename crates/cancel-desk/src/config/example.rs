/// A whole configuration file with comments. As it stands it needs the variables that it names.
pub const EXAMPLE: &str = include_str!("example.toml");
/// As [`EXAMPLE`], with comments in Korean.
pub const EXAMPLE_KO: &str = include_str!("example.ko.toml");
