//! A terminal of some size with a process at it, whose screen a test looks at.
//!
//! What the process writes is interpreted as a terminal does, so that a test compares what a person
//! would see.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use nix::pty::{Winsize, openpty};

use super::process::Process;

const ROWS: u16 = 50;

/// The longest that a screen is waited for.
const LIMIT: Duration = Duration::from_secs(30);

/// A process at a terminal.
pub struct Terminal {
    process: Process,
    keyboard: File,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    frames: Mutex<Frames>,
    change: Condvar,
}

#[derive(Default)]
struct Frames {
    /// Each screen that differs from the one before, without trailing space.
    screens: Vec<String>,
    /// Something on the screen was bold or coloured.
    is_styled: bool,
    is_closed: bool,
}

/// All that was to be seen, and the exit status.
pub struct Transcript {
    pub frames: Vec<String>,
    /// Something on the screen was bold or coloured.
    pub is_styled: bool,
    pub status: i32,
}

impl Terminal {
    /// Starts a command at a terminal that is so many columns wide; `None` where there is no such
    /// program.
    pub fn start(mut command: Command, columns: u16) -> Option<Self> {
        let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).expect("a pseudo-terminal");
        if !command.get_envs().any(|(name, _)| name == "TERM") {
            command.env("TERM", "xterm-256color");
        }
        let end = || Stdio::from(pair.slave.try_clone().expect("another end"));
        command.stdin(end()).stdout(end()).stderr(end());
        let process = Process::start_attached(command).ok()?;
        let keyboard = File::from(pair.master);
        let screen = keyboard.try_clone().expect("the terminal's output");
        let seen = Arc::new(Seen::default());
        let watched = Arc::clone(&seen);
        thread::spawn(move || watched.watch(screen, columns));
        Some(Self { process, keyboard, seen })
    }

    /// Types at the keyboard.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// Waits for such a screen and returns it; panics where none comes in time.
    pub fn wait_for(&self, is_so: impl Fn(&str) -> bool) -> String {
        let frames = self.seen.frames.lock().expect("frames");
        let is_missing = |frames: &mut Frames| {
            !frames.screens.last().is_some_and(|screen| is_so(screen)) && !frames.is_closed
        };
        let waited = self.seen.change.wait_timeout_while(frames, LIMIT, is_missing);
        let screen = waited.expect("frames").0.screens.last().cloned().unwrap_or_default();
        assert!(is_so(&screen), "the screen that a test waits for did not come:\n{screen}");
        screen
    }

    /// Waits until such a screen was there, whether or not it still is; panics where none comes in time.
    pub fn wait_to_have_seen(&self, is_so: impl Fn(&str) -> bool) {
        let has_come = |frames: &Frames| frames.screens.iter().any(|screen| is_so(screen));
        let frames = self.seen.frames.lock().expect("frames");
        let is_missing = |frames: &mut Frames| !has_come(frames) && !frames.is_closed;
        let waited = self.seen.change.wait_timeout_while(frames, LIMIT, is_missing);
        let frames = waited.expect("frames").0;
        assert!(has_come(&frames), "no such screen came: {:?}", frames.screens);
    }

    /// Waits for the end of the process.
    pub fn finish(self) -> Transcript {
        let status = self.process.finish().status;
        let frames = self.seen.frames.lock().expect("frames");
        let closed = self.seen.change.wait_timeout_while(frames, LIMIT, |frames| !frames.is_closed);
        let (frames, _) = closed.expect("frames");
        Transcript { frames: frames.screens.clone(), is_styled: frames.is_styled, status }
    }
}

fn is_styled(screen: &vt100::Screen) -> bool {
    let (rows, columns) = screen.size();
    let cells = (0..rows.get())
        .flat_map(|row| (0..columns.get()).map(move |column| screen.cell(row, column)));
    cells
        .flatten()
        .any(|cell| cell.bold() || cell.underline() || cell.fgcolor() != vt100::Color::Default)
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has rows and columns")
}

impl Transcript {
    /// The screen at the end.
    pub fn last(&self) -> &str {
        self.frames.last().map_or("", String::as_str)
    }
}

impl Seen {
    /// Takes down what the process writes, until nobody has the terminal open any more.
    fn watch(&self, mut output: File, columns: u16) {
        let mut parser = vt100::Parser::new(cells(ROWS), cells(columns), 0);
        let mut bytes = [0; 4096];
        loop {
            let count = output.read(&mut bytes).unwrap_or_default();
            parser.process(&bytes[..count]);
            let lines =
                parser.screen().rows(0, columns).map(|row| row.trim_end().to_owned() + "\n");
            let screen = lines.collect::<String>().trim_end().to_owned();
            let mut frames = self.frames.lock().expect("frames");
            if frames.screens.last() != Some(&screen) {
                frames.screens.push(screen);
            }
            frames.is_styled |= is_styled(parser.screen());
            frames.is_closed = count == 0;
            self.change.notify_all();
            if frames.is_closed {
                return;
            }
        }
    }
}
