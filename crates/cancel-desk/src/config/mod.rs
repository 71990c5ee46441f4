//! One TOML file and the environment: which journal, which gateways, how careful.
