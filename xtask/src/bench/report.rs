//! Everything that was measured, part by part.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{connections, peers, processes, rounds, weight};

/// The parts, in the order of the page. A whole part can be measured and written by itself.
pub(super) const PARTS: [&str; 5] = ["cancels", "parts", "connections", "weight", "peers"];

/// Where and when a part was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) date: String,
    pub(super) commit: String,
    pub(super) machine: String,
    pub(super) rounds: usize,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) quick: bool,
}

/// What is measured, and when.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// The parts that are in it.
    #[serde(default)]
    pub(super) measured: BTreeMap<String, Stamp>,
    pub(super) cancels: Vec<rounds::Row>,
    pub(super) pieces: Vec<processes::Piece>,
    /// Tokens fetched when 64 callers start at once, by client.
    pub(super) cold_start_tokens: Vec<(String, u64)>,
    pub(super) connections: Vec<connections::Cost>,
    pub(super) races: Vec<connections::Race>,
    pub(super) weights: Vec<weight::Weight>,
    /// Chaiport's cancel beside Node and Python.
    pub(super) peers: Vec<peers::Peer>,
}

impl Report {
    /// What was written before; nothing where there is no file.
    pub(super) fn read(file: &Path) -> Result<Self, String> {
        let Ok(text) = fs::read_to_string(file) else { return Ok(Self::default()) };
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}; remove it", file.display()))
    }

    /// Fills the parts that were not measured with those of an earlier report.
    pub(super) fn with_earlier(mut self, earlier: Self) -> Self {
        let kept = |part: &str| !self.measured.contains_key(part);
        let kept = PARTS.map(kept);
        let [cancels, parts, connections, weight, peers] = kept;
        if cancels {
            (self.cancels, self.cold_start_tokens) = (earlier.cancels, earlier.cold_start_tokens);
        }
        if parts {
            self.pieces = earlier.pieces;
        }
        if connections {
            (self.connections, self.races) = (earlier.connections, earlier.races);
        }
        if weight {
            self.weights = earlier.weights;
        }
        if peers {
            self.peers = earlier.peers;
        }
        for (part, stamp) in earlier.measured {
            self.measured.entry(part).or_insert(stamp);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(count: u64, part: &str) -> Report {
        let stamp = Stamp {
            date: count.to_string(),
            commit: "c".into(),
            machine: "m".into(),
            rounds: 1,
            quick: false,
        };
        Report {
            measured: BTreeMap::from([(part.to_owned(), stamp)]),
            cold_start_tokens: vec![("twin".to_owned(), count)],
            ..Report::default()
        }
    }

    #[test]
    fn a_part_that_is_measured_anew_takes_the_old_ones_place_and_no_other_does() {
        let both = tokens(1, "cancels").with_earlier(tokens(2, "cancels"));
        assert_eq!((both.cold_start_tokens[0].1, both.measured["cancels"].date.as_str()), (1, "1"));
        let both = tokens(1, "weight").with_earlier(tokens(2, "cancels"));
        assert_eq!(both.cold_start_tokens[0].1, 2);
        assert_eq!(
            (both.measured["cancels"].date.as_str(), both.measured["weight"].date.as_str()),
            ("2", "1")
        );
    }
}
