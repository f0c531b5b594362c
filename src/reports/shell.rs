//! Hints whose words can be pasted into a shell.

/// Returns the flags of `to start` with which a submission says that it was made.
pub fn start_hint(test_plan: Option<&str>, architecture: Option<&str>) -> Option<String> {
    let flags = [("--test-plan", test_plan), ("--arch", architecture)];
    let flags: Vec<String> = flags
        .into_iter()
        .filter_map(|(flag, value)| Some(format!("{flag} {}", value.filter(|v| is_plain(v))?)))
        .collect();
    let words = format!("for `to start`, the submission says `{}`", flags.join(" "));
    (!flags.is_empty()).then_some(words)
}

/// Tells whether a word means itself in any shell.
fn is_plain(word: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_.:/+@".contains(char);
    !word.is_empty() && word.chars().all(is_plain)
}
