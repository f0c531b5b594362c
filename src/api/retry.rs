//! The meaning of a failed request: when to make it again, what it may have done, and what is to blame.
//!
//! All of it is decided here, from the kind of the error alone, and so is the wait before the next
//! attempt. The loop that makes the attempts is the HTTP client's; the search for results that a
//! server does not take is `delivery`'s.

use std::time::Duration;

use super::{ApiError, InvalidItem, ProxyProblem, Refusal};

/// The longest wait before another attempt, unless the server asks for a longer one.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// An unknown host is mostly a misspelt one; a resolver that restarts is back within seconds.
const UNKNOWN_HOST_FOR: Duration = Duration::from_secs(5);

/// So many bare 500s in a row may be more than several clients that name something first at once.
const CRASHES_TOLD: u32 = 4;

/// The use of making the same request again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// None: what is asked for will never be taken.
    Never,
    /// None until something else is mended: a key, a permission, a VPN, a certificate.
    Later,
    /// Some, after a wait that grows with each attempt.
    Backoff,
    /// Some, after the wait that the server asks for.
    After(Duration),
}

/// The effect of a request that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applied {
    No,
    /// The server may have carried it out all the same.
    Maybe,
}

/// The part of what was asked for that is to blame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope<'a> {
    /// Some results of a batch, which the server names.
    Items(&'a [InvalidItem]),
    /// The content of the request: a smaller batch, or one of other results, may be taken.
    Batch(BatchProblem),
    /// The request, whatever it holds: an unknown execution.
    Request,
    /// None of it: no request would be taken now.
    Server,
}

/// The trouble that a server, or a proxy before it, has with the content of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BatchProblem {
    /// Its bytes are too many.
    TooLarge,
    /// It takes too long, by the proxy's clock or by `--timeout`.
    TooSlow,
    /// The server fails at it with a bare 500.
    Crash,
    /// The connection breaks.
    Reset,
    /// The API refuses it without saying which part of it.
    Invalid,
    /// A proxy refuses it: for its content, or for the network that it comes from.
    Filtered,
}

impl ApiError {
    /// Returns the use of making the same request again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::UnknownHost { .. }
            | Self::Unconnected { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. } => Retry::Backoff,
            Self::Status(refusal) => refusal.retry(),
            Self::Proxy { problem, .. } => problem.retry(),
            Self::NoSuchExecution { .. } | Self::MetadataDropped => Retry::Never,
            Self::GivenUp { last, .. } => last.retry(),
            Self::ExposedKey { .. }
            | Self::CaCert { .. }
            | Self::Setup { .. }
            | Self::Tls { .. }
            | Self::ProxyVariable { .. }
            | Self::NotHttp { .. }
            | Self::WantsHttps { .. }
            | Self::TooLong { .. }
            | Self::Key(_)
            | Self::NotTheApi { .. }
            | Self::Interrupted { .. }
            | Self::Outage(_)
            | Self::MayExist(_)
            | Self::Spool { .. }
            | Self::SpoolContent { .. } => Retry::Later,
        }
    }

    /// Returns the effect that the request may have had.
    pub fn applied(&self) -> Applied {
        match self {
            Self::Timeout { .. } | Self::Broken { .. } | Self::Interrupted { .. } => Applied::Maybe,
            Self::Status(refusal) if matches!(refusal.status, 502 | 504) => Applied::Maybe,
            Self::GivenUp { last, .. } | Self::MayExist(last) | Self::Outage(last) => {
                last.applied()
            }
            _ => Applied::No,
        }
    }

    /// Returns what is to blame. Once patience is at its end, the server is, whatever the last error.
    pub fn scope(&self) -> Scope<'_> {
        match self {
            Self::Timeout { .. } => Scope::Batch(BatchProblem::TooSlow),
            Self::Broken { .. } => Scope::Batch(BatchProblem::Reset),
            Self::Status(refusal) => refusal.scope(),
            Self::GivenUp { is_exhausted: false, last, .. } => last.scope(),
            Self::NoSuchExecution { .. } => Scope::Request,
            _ => Scope::Server,
        }
    }

    /// Returns the trouble with what the request holds; `None` where another content would not help.
    pub fn problem(&self) -> Option<BatchProblem> {
        match self.scope() {
            Scope::Items(_) => Some(BatchProblem::Invalid),
            Scope::Batch(problem) => Some(problem),
            Scope::Request | Scope::Server => None,
        }
    }
}

impl ProxyProblem {
    fn retry(&self) -> Retry {
        match self {
            Self::Refused { status: 403 | 407, .. } => Retry::Later,
            _ => Retry::Backoff,
        }
    }
}

impl Refusal {
    fn retry(&self) -> Retry {
        match self.status {
            400 | 404 | 405 | 422 => Retry::Never,
            408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                self.retry_after.map_or(Retry::Backoff, Retry::After)
            }
            _ => Retry::Later,
        }
    }

    fn scope(&self) -> Scope<'_> {
        match self.status {
            422 if !self.invalid_items.is_empty() => Scope::Items(&self.invalid_items),
            400 | 422 => Scope::Batch(BatchProblem::Invalid),
            403 if self.from_proxy => Scope::Batch(BatchProblem::Filtered),
            406 | 501 => Scope::Batch(BatchProblem::Filtered),
            413 => Scope::Batch(BatchProblem::TooLarge),
            500 => Scope::Batch(BatchProblem::Crash),
            504 => Scope::Batch(BatchProblem::TooSlow),
            401 | 403 | 407 | 408 | 425 | 429 | 500.. => Scope::Server,
            _ => Scope::Request,
        }
    }
}

/// The limits of repetition.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The time to go on while nothing is accepted.
    pub retry_for: Duration,
    /// The wait before the second attempt; it doubles with each. Tests set it to milliseconds.
    pub first_delay: Duration,
}

/// The number of times that a request may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeat {
    /// As many as the policy allows: twice is the same as once.
    Idempotent,
    /// No more once the server may have carried it out: it would be carried out twice.
    NonIdempotent,
    /// As many as the policy allows, but for a request whose content may be to blame: the one who made
    /// it can make it smaller.
    Bounded(Bounds),
}

/// Attempts at a request with each problem of its content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    pub crashes: u32,
    pub delays: u32,
    pub resets: u32,
}

impl Bounds {
    fn of(self, problem: BatchProblem) -> u32 {
        match problem {
            BatchProblem::Crash => self.crashes,
            BatchProblem::TooSlow => self.delays,
            BatchProblem::Reset => self.resets,
            BatchProblem::TooLarge | BatchProblem::Invalid | BatchProblem::Filtered => 1,
        }
    }
}

/// The attempts at one request, all of which failed so far.
#[derive(Debug, Default)]
pub struct Attempts {
    count: u32,
    problems: Vec<BatchProblem>,
    crashes_in_a_row: u32,
}

impl Attempts {
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Counts another one, which failed with `error`.
    pub fn add(&mut self, error: &ApiError) {
        self.count += 1;
        self.problems.extend(error.problem());
        let is_crash = error.problem() == Some(BatchProblem::Crash);
        self.crashes_in_a_row = if is_crash { self.crashes_in_a_row + 1 } else { 0 };
    }

    /// Returns the wait before the next attempt, or nothing where `error`, the last one's, ends them.
    ///
    /// `elapsed` is the time since the first attempt that failed, of this request or of those before
    /// it, where nothing was accepted in between. `jitter` is a number from 0 to 1: clients that a
    /// restarting server has turned away together must not come back together.
    pub fn next_delay(
        &self,
        error: &ApiError,
        elapsed: Duration,
        repeat: Repeat,
        policy: Policy,
        jitter: f64,
    ) -> Option<Duration> {
        let asked = match error.retry() {
            Retry::Never | Retry::Later => return None,
            Retry::Backoff => None,
            Retry::After(wait) => Some(wait),
        };
        if !self.allows(repeat, error) {
            return None;
        }
        let left = patience(error, policy).checked_sub(elapsed).filter(|left| !left.is_zero())?;
        let doublings = self.count.saturating_sub(1).min(16);
        let longest = (policy.first_delay * 2_u32.pow(doublings)).min(LONGEST_DELAY);
        let own = longest.mul_f64(0.5 + jitter / 2.0).min(left);
        match asked {
            // A server that asks for no wait at all is not to be stormed.
            Some(asked) => (asked <= left).then_some(asked.max(own)),
            None => Some(own),
        }
    }

    fn allows(&self, repeat: Repeat, error: &ApiError) -> bool {
        match (repeat, error.problem()) {
            (Repeat::NonIdempotent, _) => error.applied() == Applied::No,
            (Repeat::Bounded(bounds), Some(problem)) => {
                let alike = self.problems.iter().filter(|known| **known == problem).count();
                alike < bounds.of(problem) as usize
            }
            (Repeat::Idempotent | Repeat::Bounded(_), _) => true,
        }
    }

    /// Returns the error that ends the attempts: `error`, the last one's, with their number.
    pub fn give_up(
        &self,
        error: ApiError,
        elapsed: Duration,
        policy: Policy,
        causes: Option<&'static str>,
    ) -> ApiError {
        let left = policy.retry_for.saturating_sub(elapsed);
        let asked = match error.retry() {
            Retry::Never | Retry::Later => return error,
            Retry::Backoff => None,
            Retry::After(asked) => Some(asked).filter(|asked| *asked > left),
        };
        ApiError::GivenUp {
            attempts: self.count,
            elapsed,
            is_exhausted: left.is_zero() || asked.is_some(),
            asked,
            causes,
            last: Box::new(error),
        }
    }

    /// Tells whether the server failed at the request so often in a row that more than a race of clients
    /// may be the cause.
    pub fn are_crashes(&self) -> bool {
        self.crashes_in_a_row >= CRASHES_TOLD
    }

    /// Tells whether that became so with the last attempt.
    pub fn have_become_crashes(&self) -> bool {
        self.crashes_in_a_row == CRASHES_TOLD
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;
    use crate::api::error::examples::{refusal, refusal_after, refusal_of_proxy};
    use crate::api::{KeyProblem, TlsProblem};

    const POLICY: Policy =
        Policy { retry_for: Duration::from_mins(5), first_delay: Duration::from_millis(500) };

    fn url() -> String {
        "https://host/v1".to_owned()
    }

    fn late() -> ApiError {
        ApiError::Timeout { url: url(), after: Duration::from_secs(75) }
    }

    fn lost() -> ApiError {
        ApiError::Broken { url: url(), reason: "reset".to_owned() }
    }

    fn given_up(last: ApiError, is_exhausted: bool) -> ApiError {
        let elapsed = Duration::from_secs(9);
        ApiError::GivenUp {
            attempts: 4,
            elapsed,
            is_exhausted,
            asked: None,
            causes: None,
            last: Box::new(last),
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        use BatchProblem::{Crash, Filtered, Invalid, TooLarge, TooSlow};
        for status in 100..=599_u16 {
            let error = refusal(status);
            let retry = match status {
                400 | 404 | 405 | 422 => Retry::Never,
                408 | 425 | 429 | 500 | 502..=504 => Retry::Backoff,
                _ => Retry::Later,
            };
            let scope = match status {
                400 | 422 => Scope::Batch(Invalid),
                406 | 501 => Scope::Batch(Filtered),
                413 => Scope::Batch(TooLarge),
                500 => Scope::Batch(Crash),
                504 => Scope::Batch(TooSlow),
                401 | 403 | 407 | 408 | 425 | 429 | 502 | 503 | 505.. => Scope::Server,
                _ => Scope::Request,
            };
            let applied = if matches!(status, 502 | 504) { Applied::Maybe } else { Applied::No };
            assert_eq!((error.retry(), error.scope()), (retry, scope), "{status}");
            assert_eq!(error.applied(), applied, "{status}");
        }
    }

    #[test]
    fn a_proxys_refusal_may_be_one_of_content() {
        let filtered = Scope::Batch(BatchProblem::Filtered);
        for (error, scope) in [
            (refusal(403), Scope::Server),
            (refusal_of_proxy(403), filtered),
            (refusal_of_proxy(406), filtered),
            (refusal_of_proxy(407), Scope::Server),
            (refusal_of_proxy(501), filtered),
        ] {
            assert_eq!((error.retry(), error.scope()), (Retry::Later, scope), "{error}");
        }
    }

    #[test]
    fn a_wait_that_is_asked_for_counts_only_where_a_retry_may_help() {
        let nine = Retry::After(Duration::from_secs(9));
        for (status, retry) in [(429, nine), (503, nine), (403, Retry::Later), (404, Retry::Never)]
        {
            assert_eq!(refusal_after(status, 9).retry(), retry, "{status}");
        }
    }

    #[test]
    fn results_that_the_server_names_are_to_blame() {
        let item = InvalidItem { index: 3, reason: "name: no".to_owned() };
        let ApiError::Status(mut refusal) = refusal(422) else { panic!("a refusal") };
        refusal.invalid_items = vec![item.clone()];
        let error = ApiError::Status(refusal);
        assert_eq!((error.scope(), error.retry()), (Scope::Items(&[item]), Retry::Never));
    }

    #[test]
    fn every_other_error_has_its_meaning() {
        use Applied::{Maybe, No};
        let (path, source) = (PathBuf::from("x"), io::Error::other("no"));
        let reason = || "because".to_owned();
        let reset = Scope::Batch(BatchProblem::Reset);
        let slow = Scope::Batch(BatchProblem::TooSlow);
        let crash = Scope::Batch(BatchProblem::Crash);
        let unconnected = ApiError::Unconnected { url: url(), reason: reason() };
        let untrusted = ApiError::Tls { url: url(), problem: TlsProblem::OldTls };
        let variable = ApiError::ProxyVariable { variable: "HTTPS_PROXY", reason: reason() };
        let answer = |status| ProxyProblem::Refused { status, reason: reason() };
        let through_proxy =
            |problem| ApiError::Proxy { url: url(), proxy: "proxy".to_owned(), problem };
        let certificate = ApiError::CaCert { path: path.clone(), reason: reason() };
        let content = ApiError::SpoolContent { path: path.clone(), reason: reason() };
        let cases = [
            (ApiError::ExposedKey { url: url() }, Retry::Later, No, Scope::Server),
            (certificate, Retry::Later, No, Scope::Server),
            (ApiError::Setup { reason: reason() }, Retry::Later, No, Scope::Server),
            (ApiError::UnknownHost { url: url() }, Retry::Backoff, No, Scope::Server),
            (unconnected, Retry::Backoff, No, Scope::Server),
            (untrusted, Retry::Later, No, Scope::Server),
            (late(), Retry::Backoff, Maybe, slow),
            (lost(), Retry::Backoff, Maybe, reset),
            (ApiError::Key(KeyProblem::Unknown), Retry::Later, No, Scope::Server),
            (ApiError::NotTheApi { url: url(), what: reason() }, Retry::Later, No, Scope::Server),
            (ApiError::NotHttp { url: url() }, Retry::Later, No, Scope::Server),
            (ApiError::TooLong { url: url(), mebibytes: 16 }, Retry::Later, No, Scope::Server),
            (variable, Retry::Later, No, Scope::Server),
            (through_proxy(ProxyProblem::UnknownHost), Retry::Backoff, No, Scope::Server),
            (through_proxy(ProxyProblem::Unconnected(reason())), Retry::Backoff, No, Scope::Server),
            (through_proxy(answer(502)), Retry::Backoff, No, Scope::Server),
            (through_proxy(answer(403)), Retry::Later, No, Scope::Server),
            (through_proxy(answer(407)), Retry::Later, No, Scope::Server),
            (ApiError::Interrupted { signal: 2 }, Retry::Later, Maybe, Scope::Server),
            (given_up(refusal(500), false), Retry::Backoff, No, crash),
            (given_up(refusal(500), true), Retry::Backoff, No, Scope::Server),
            (given_up(lost(), false), Retry::Backoff, Maybe, reset),
            (ApiError::Outage(Box::new(refusal(413))), Retry::Later, No, Scope::Server),
            (ApiError::MayExist(Box::new(late())), Retry::Later, Maybe, Scope::Server),
            (ApiError::Spool { path: path.clone(), source }, Retry::Later, No, Scope::Server),
            (content, Retry::Later, No, Scope::Server),
            (ApiError::NoSuchExecution { path }, Retry::Never, No, Scope::Request),
        ];
        for (error, retry, applied, scope) in cases {
            assert_eq!((error.retry(), error.applied()), (retry, applied), "{error:?}");
            assert_eq!(error.scope(), scope, "{error:?}");
        }
    }

    /// Returns the seconds until the attempt after so many that failed alike, without jitter.
    fn next(error: &ApiError, attempts: u32, seconds: u64, repeat: Repeat) -> Option<f64> {
        let mut failed = Attempts::default();
        (0..attempts).for_each(|_| failed.add(error));
        let elapsed = Duration::from_secs(seconds);
        failed.next_delay(error, elapsed, repeat, POLICY, 1.0).map(|delay| delay.as_secs_f64())
    }

    #[test]
    fn delays_double_up_to_half_a_minute() {
        let busy = refusal(503);
        let delays: Vec<_> =
            (1..=9).map(|attempts| next(&busy, attempts, 0, Repeat::Idempotent)).collect();
        let expected = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];
        assert_eq!(delays, expected.map(Some));
        assert_eq!(next(&busy, 100, 0, Repeat::Idempotent), Some(30.0));
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_delay() {
        let (busy, mut failed) = (refusal(503), Attempts::default());
        failed.add(&busy);
        let least = failed.next_delay(&busy, Duration::ZERO, Repeat::Idempotent, POLICY, 0.0);
        assert_eq!(least, Some(Duration::from_millis(250)));
    }

    #[test]
    fn what_waiting_does_not_mend_is_tried_once() {
        for status in [400, 401, 403, 404, 405, 413, 422, 501] {
            assert_eq!(next(&refusal(status), 1, 0, Repeat::Idempotent), None, "{status}");
        }
        let tls = ApiError::Tls { url: url(), problem: TlsProblem::UnknownAuthority };
        assert_eq!(next(&tls, 1, 0, Repeat::Idempotent), None);
    }

    #[test]
    fn an_unknown_fate_is_not_doubled() {
        for error in [lost(), late(), refusal(502), refusal(504)] {
            assert_eq!(next(&error, 1, 0, Repeat::NonIdempotent), None, "{error}");
            assert!(next(&error, 1, 0, Repeat::Idempotent).is_some(), "{error}");
        }
        for error in [refusal(503), refusal(500)] {
            assert!(next(&error, 9, 0, Repeat::NonIdempotent).is_some(), "{error}");
        }
    }

    const BOUNDED: Repeat = Repeat::Bounded(Bounds { crashes: 4, delays: 1, resets: 3 });

    #[test]
    fn a_batch_is_made_smaller_before_patience_ends() {
        for (error, most) in [(refusal(500), 4), (refusal(504), 1), (late(), 1), (lost(), 3)] {
            assert_eq!(next(&error, most, 0, BOUNDED), None, "{error}");
            if most > 1 {
                assert!(next(&error, most - 1, 0, BOUNDED).is_some(), "{error}");
            }
        }
        assert!(next(&refusal(503), 9, 0, BOUNDED).is_some());
    }

    #[test]
    fn only_attempts_that_failed_alike_count_against_a_batch() {
        let mut failed = Attempts::default();
        for error in [refusal(503), lost(), refusal(503), refusal(500), refusal(500)] {
            failed.add(&error);
        }
        let next = |failed: &Attempts| {
            failed.next_delay(&refusal(500), Duration::ZERO, BOUNDED, POLICY, 1.0)
        };
        assert_eq!(next(&failed), Some(Duration::from_secs(8)));
        (0..2).for_each(|_| failed.add(&refusal(500)));
        assert_eq!(next(&failed), None);
        assert_eq!(failed.count(), 7);
    }

    #[test]
    fn four_crashes_in_a_row_are_told_once() {
        let mut failed = Attempts::default();
        let mut told = |status| {
            failed.add(&refusal(status));
            (failed.are_crashes(), failed.have_become_crashes())
        };
        let answers = [500, 500, 500, 503, 500, 500, 500, 500, 500, 503].map(&mut told);
        let (not, begins, goes_on) = ((false, false), (true, true), (true, false));
        assert_eq!(answers, [not, not, not, not, not, not, not, begins, goes_on, not]);
    }

    #[test]
    fn patience_ends_with_a_last_attempt() {
        assert_eq!(next(&refusal(503), 9, 290, Repeat::Idempotent), Some(10.0));
        assert_eq!(next(&refusal(503), 10, 300, Repeat::Idempotent), None);
    }

    #[test]
    fn the_servers_wish_is_obeyed_where_patience_allows_it() {
        let asked = |seconds| refusal_after(503, seconds);
        assert_eq!(next(&asked(120), 1, 0, Repeat::Idempotent), Some(120.0));
        assert_eq!(next(&asked(120), 2, 180, Repeat::Idempotent), Some(120.0));
        assert_eq!(next(&asked(120), 2, 181, Repeat::Idempotent), None);
        assert_eq!(next(&asked(0), 1, 0, Repeat::Idempotent), Some(0.5));
    }

    #[test]
    fn an_unknown_host_is_given_up_after_seconds() {
        let (url, proxy) = (url(), "proxy".to_owned());
        let problem = ProxyProblem::UnknownHost;
        for unknown in
            [ApiError::UnknownHost { url: url.clone() }, ApiError::Proxy { url, proxy, problem }]
        {
            assert_eq!(next(&unknown, 3, 4, Repeat::Idempotent), Some(1.0));
            assert_eq!(next(&unknown, 4, 5, Repeat::Idempotent), None);
        }
    }

    #[test]
    fn giving_up_tells_whether_patience_is_at_its_end() {
        let cases = [
            (refusal(503), 299, Some(false)),
            (refusal(503), 300, Some(true)),
            (refusal_after(503, 60), 240, Some(false)),
            (refusal_after(503, 60), 241, Some(true)),
            (refusal_after(503, 0), 300, Some(true)),
            (refusal(404), 300, None),
            (refusal(403), 300, None),
        ];
        for (error, seconds, exhausted) in cases {
            let mut failed = Attempts::default();
            failed.add(&error);
            let said = error.to_string();
            let end = failed.give_up(error, Duration::from_secs(seconds), POLICY, None);
            let is_exhausted = match end {
                ApiError::GivenUp { is_exhausted, attempts: 1, .. } => Some(is_exhausted),
                _ => None,
            };
            assert_eq!(is_exhausted, exhausted, "{said} after {seconds} s");
        }
    }
}
