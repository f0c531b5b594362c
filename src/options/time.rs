//! Times as they are typed: seconds.

use std::time::Duration;

/// The longest wait that clocks can add to the present: a day and a year are alike to a request.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(24 * 365);

pub fn some_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("no request is answered in no time".to_owned()),
        longer if longer > LONGEST_TIMEOUT => Err("that is more than a year".to_owned()),
        seconds => Ok(seconds),
    }
}

pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
