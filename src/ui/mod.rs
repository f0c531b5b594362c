//! Output for people: the terminal, the bar, tables, GitHub's files, and summaries as text.

mod bar;
pub mod github;
pub mod progress;
mod screen;
pub mod summary;
pub mod table;
pub mod terminal;
