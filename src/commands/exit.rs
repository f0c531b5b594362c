//! The exit statuses, as the help lists them, and their order.

/// The end of a command, as a script sees it: the gravest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exit {
    /// `to run`: the command's own.
    Command(u8),
    /// A signal, by its number.
    Signal(u8),
    /// A fault of `to` or of its machine.
    Fault,
    /// The command line or configuration.
    Usage,
    /// Not delivered.
    Undelivered,
    /// Refused by the server, or what answers is not the API.
    Refused,
    /// Delivered but for results that the server refused.
    ResultsRefused,
    /// Some input could not be read, or held nothing.
    Input,
    /// `--exit-code`: the execution is FAILED.
    Failed,
    /// `--exit-code`: the execution is `ENDED_PREMATURELY`.
    EndedPrematurely,
    Success,
}

impl Exit {
    /// Returns the one to exit with where both apply.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Returns the number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Undelivered => 4,
            Self::Refused => 5,
            Self::ResultsRefused => 6,
            Self::Failed => 10,
            Self::EndedPrematurely => 11,
            Self::Signal(number) => number.saturating_add(128),
            Self::Command(code) => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_of_two_statuses_counts() {
        let order = [
            Exit::Command(7),
            Exit::Fault,
            Exit::Usage,
            Exit::Undelivered,
            Exit::Refused,
            Exit::ResultsRefused,
            Exit::Input,
            Exit::Failed,
            Exit::Success,
        ];
        for (at, graver) in order.into_iter().enumerate() {
            for other in order.into_iter().skip(at) {
                assert_eq!((graver.and(other), other.and(graver)), (graver, graver));
            }
        }
    }
}
