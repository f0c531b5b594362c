//! When to try again: a decision, made apart from the loop that carries it out.

use std::time::Duration;

use super::{ApiError, ProxyProblem};

/// No wait before a retry is longer than this, unless the server asks for it.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// An unknown host is mostly a misspelt one; a resolver that restarts is back within seconds.
const UNKNOWN_HOST_FOR: Duration = Duration::from_secs(5);

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Retry while nothing is accepted for this long.
    pub retry_for: Duration,
    /// The wait before the first retry; it doubles with each. Tests set it to milliseconds.
    pub first_delay: Duration,
}

/// What has been tried of one request.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// Counted from 1.
    pub attempts: u32,
    /// Since the first attempt that failed, of this request or of those before it, where nothing
    /// was accepted in between.
    pub elapsed: Duration,
}

/// How often a request may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeat {
    /// As often as the policy allows: twice is the same as once.
    Idempotent,
    /// Not where the server may have carried it out: it would be carried out twice.
    NonIdempotent,
    /// As often as the policy allows, but a request that the server crashes on, or takes too long
    /// for, only so many times: the one who made it can make it smaller.
    WhileBearable { crashes: u32, delays: u32 },
}

impl Repeat {
    fn allows(self, error: &ApiError, attempts: u32) -> bool {
        match self {
            Self::NonIdempotent => !error.may_have_been_applied(),
            Self::WhileBearable { crashes, .. } if error.is_crash() => attempts < crashes,
            Self::WhileBearable { delays, .. } if error.is_delay() => attempts < delays,
            Self::Idempotent | Self::WhileBearable { .. } => true,
        }
    }
}

/// Whether to make the request again after `error`, and how long to wait before.
///
/// `jitter` is a number from 0 to 1: clients that a restarting server has turned away together must
/// not come back together.
pub fn delay(
    error: &ApiError,
    tried: Tried,
    repeat: Repeat,
    policy: Policy,
    jitter: f64,
) -> Option<Duration> {
    if !error.is_transient() || !repeat.allows(error, tried.attempts) {
        return None;
    }
    let left = patience(error, policy).checked_sub(tried.elapsed).filter(|left| !left.is_zero())?;
    let own = jittered(backoff(tried.attempts, policy.first_delay), jitter).min(left);
    match error.retry_after() {
        // A server that asks for no wait at all is not to be stormed.
        Some(asked) => (asked <= left).then_some(asked.max(own)),
        None => Some(own),
    }
}

/// Returns how long such an error is retried for.
pub fn patience(error: &ApiError, policy: Policy) -> Duration {
    match error {
        ApiError::UnknownHost { .. }
        | ApiError::Proxy { problem: ProxyProblem::UnknownHost, .. } => {
            policy.retry_for.min(UNKNOWN_HOST_FOR)
        }
        _ => policy.retry_for,
    }
}

fn jittered(delay: Duration, jitter: f64) -> Duration {
    delay.mul_f64(0.5 + jitter / 2.0)
}

fn backoff(attempts: u32, first: Duration) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (first * 2_u32.pow(doublings)).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Refusal, TlsProblem};

    const POLICY: Policy =
        Policy { retry_for: Duration::from_mins(5), first_delay: Duration::from_millis(500) };

    fn refusal(status: u16, retry_after: Option<u64>) -> ApiError {
        ApiError::Status(Box::new(Refusal {
            status,
            words: String::new(),
            problems: Vec::new(),
            invalid_items: Vec::new(),
            retry_after: retry_after.map(Duration::from_secs),
            key: None,
            from_proxy: false,
        }))
    }

    fn url() -> String {
        "https://host/v1".to_owned()
    }

    /// Seconds until the next attempt, without jitter.
    fn next(error: &ApiError, attempts: u32, seconds: u64, repeat: Repeat) -> Option<f64> {
        let tried = Tried { attempts, elapsed: Duration::from_secs(seconds) };
        delay(error, tried, repeat, POLICY, 1.0).map(|delay| delay.as_secs_f64())
    }

    #[test]
    fn delays_double_up_to_half_a_minute() {
        let busy = refusal(503, None);
        let delays: Vec<_> =
            (1..=9).map(|attempts| next(&busy, attempts, 0, Repeat::Idempotent)).collect();
        let expected = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];
        assert_eq!(delays, expected.map(Some));
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_delay() {
        let tried = Tried { attempts: 1, elapsed: Duration::ZERO };
        let least = delay(&refusal(503, None), tried, Repeat::Idempotent, POLICY, 0.0);
        assert_eq!(least, Some(Duration::from_millis(250)));
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            let error = refusal(status, None);
            assert!(next(&error, 1, 0, Repeat::Idempotent).is_some(), "{status}");
        }
        for status in [400, 401, 403, 404, 405, 413, 422, 501] {
            assert_eq!(next(&refusal(status, None), 1, 0, Repeat::Idempotent), None, "{status}");
        }
        let tls = ApiError::Tls { url: url(), problem: TlsProblem::UnknownAuthority };
        assert_eq!(next(&tls, 1, 0, Repeat::Idempotent), None);
    }

    #[test]
    fn an_unknown_fate_is_not_doubled() {
        let lost = ApiError::Broken { url: url(), reason: "reset".to_owned() };
        let late = ApiError::Timeout { url: url(), after: Duration::from_secs(75) };
        for error in [lost, late, refusal(502, None), refusal(504, None)] {
            assert_eq!(next(&error, 1, 0, Repeat::NonIdempotent), None, "{error}");
            assert!(next(&error, 1, 0, Repeat::Idempotent).is_some(), "{error}");
        }
        assert!(next(&refusal(503, None), 1, 0, Repeat::NonIdempotent).is_some());
    }

    #[test]
    fn a_batch_is_made_smaller_before_patience_ends() {
        let batch = Repeat::WhileBearable { crashes: 4, delays: 1 };
        assert!(next(&refusal(500, None), 3, 0, batch).is_some());
        assert_eq!(next(&refusal(500, None), 4, 0, batch), None);
        assert_eq!(next(&refusal(504, None), 1, 0, batch), None);
        assert!(next(&refusal(503, None), 9, 0, batch).is_some());
    }

    #[test]
    fn patience_ends_with_a_last_attempt() {
        assert_eq!(next(&refusal(503, None), 9, 290, Repeat::Idempotent), Some(10.0));
        assert_eq!(next(&refusal(503, None), 10, 300, Repeat::Idempotent), None);
    }

    #[test]
    fn the_servers_wish_is_obeyed_where_patience_allows_it() {
        assert_eq!(next(&refusal(503, Some(120)), 1, 0, Repeat::Idempotent), Some(120.0));
        assert_eq!(next(&refusal(503, Some(120)), 2, 181, Repeat::Idempotent), None);
    }

    #[test]
    fn an_unknown_host_is_given_up_after_seconds() {
        let unknown = ApiError::UnknownHost { url: url() };
        assert_eq!(next(&unknown, 3, 4, Repeat::Idempotent), Some(1.0));
        assert_eq!(next(&unknown, 4, 5, Repeat::Idempotent), None);
    }
}
