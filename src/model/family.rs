//! The families of artefacts.

use serde_json::{Map, Value};

/// The kinds of artefacts that Test Observer knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Family {
    Snap,
    Deb,
    Charm,
    Image,
    Solution,
}

impl Family {
    pub const ALL: [Self; 5] = [Self::Snap, Self::Deb, Self::Charm, Self::Image, Self::Solution];

    /// Returns its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snap => "snap",
            Self::Deb => "deb",
            Self::Charm => "charm",
            Self::Image => "image",
            Self::Solution => "solution",
        }
    }

    /// Returns the stages of its artefacts.
    pub fn stages(self) -> &'static [&'static str] {
        match self {
            Self::Snap | Self::Charm | Self::Solution => &["edge", "beta", "candidate", "stable"],
            Self::Deb => &["proposed", "updates"],
            Self::Image => &["pending", "current"],
        }
    }

    /// Returns a sample request in JSON.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Snap => include_str!("../../examples/snap.json"),
            Self::Deb => include_str!("../../examples/deb.json"),
            Self::Charm => include_str!("../../examples/charm.json"),
            Self::Image => include_str!("../../examples/image.json"),
            Self::Solution => include_str!("../../examples/solution.json"),
        }
    }

    /// Returns the value of a field in the sample request, where it has one.
    pub fn sample_value(self, field: &str) -> Option<String> {
        let request: Map<String, Value> = serde_json::from_str(self.sample()).ok()?;
        request.get(field).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}
