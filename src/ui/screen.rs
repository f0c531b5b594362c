//! The screen that messages and the bar share.

use std::cell::RefCell;
use std::io::{self, Write as _};
use std::rc::Rc;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;

/// Lines and a bar on one stderr, so that neither is written into the other.
#[derive(Clone, Debug, Default)]
pub struct Screen(Rc<RefCell<Option<ProgressBar>>>);

impl Screen {
    /// Writes whole lines to stderr, in colour where that is wanted, above the bar if there is one. Nobody is left to tell where
    /// stderr is gone; the exit status still says it all.
    pub fn write(&self, lines: &str) {
        let plain;
        let lines = match AutoStream::choice(&io::stderr()) {
            ColorChoice::Never => {
                plain = strip_str(lines).to_string();
                &plain
            }
            _ => lines,
        };
        let write = || _ = io::stderr().lock().write_all(lines.as_bytes());
        match &*self.0.borrow() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Shows a bar from now on.
    pub fn put_up(&self, bar: ProgressBar) {
        *self.0.borrow_mut() = Some(bar);
    }

    /// Moves the bar, and tells whether there is one.
    pub fn advance(&self, position: u64) -> bool {
        let bar = self.0.borrow();
        bar.iter().for_each(|bar| bar.set_position(position));
        bar.is_some()
    }

    /// Takes the bar away.
    pub fn take_down(&self) {
        if let Some(bar) = self.0.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}
