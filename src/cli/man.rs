//! `to man`: pages of the manual, made of the help.
//!
//! Help is plain text in paragraphs; one that is headed by a line with a colon, and indented below it, is a
//! listing, whose lines a page must not fill.

use std::io::{self, IsTerminal, Write as _};
use std::process::{Command as Process, Stdio};

use clap::{Arg, Args, Command};
use clap_mangen::Man as Manual;
use roff::{Roff, roman};

use super::args::{documented, tree};
use crate::commands::{CommandError, Exit};
use crate::model::start_request::variable;
use crate::ui::terminal;

/// Shows a page of the manual
#[derive(Debug, Args)]
#[command(after_help = MAN_MORE)]
pub struct Man {
    /// The command that the page is about; by default `to` itself
    #[arg(value_name = "COMMAND", hide_possible_values = true)]
    pub page: Option<String>,
}

const MAN_MORE: &str = "\
Where stdout is no terminal, or there is no man(1), the page is printed in roff.

May be repeated: nothing is sent.

Examples:
  to man start
  to man > to.1";

/// The day of this version: a page is the same whenever it is printed.
const DATE: &str = "2026-11-25";

const OVERVIEW: &str = "\
Test Observer shows how snaps, debs, charms, images and solutions were tested. An execution is one \
run of a test plan on one environment; it holds results. `to start` opens one and prints its id, \
`to submit` reads reports and sends their results in batches, and `to end` completes it: the server \
computes its status. `to run` does all three around a command.

What cannot be delivered is kept in an outbox. The next command that writes to the same execution \
delivers it first, and `to push` delivers all of it.";

const EXAMPLES: &str = "\
Examples:
  to start && to submit && to end";

const EXIT_STATUS: &str = "\
Exit status:
  0  all delivered
  1  a fault of this machine, such as a full disk
  2  the command line or configuration
  3  some input could not be read, or held nothing; the rest was delivered
  4  not delivered: unreachable, timed out, 5xx to the end; kept in the outbox
  5  refused: key, permission, unknown execution, invalid request; not the API
  6  delivered but for results that the server refused, each named
  127, 126  `run`: the command does not exist, or cannot be run
  10, 11  `end --exit-code`: FAILED, ENDED_PREMATURELY
  129, 130, 131, 143  interrupted by a signal; what was not delivered is kept";

const FILES: &str = "\
Files:
  .to/                       the state directory, which --state-dir moves
  .to/executions/ID.json     an execution that `to start` opened
  .to/outbox/                what was not delivered, a directory an execution
  .to/refused.jsonl          results that a server refused, with its reasons
  .to/refused-changes.jsonl  links, events and other changes that it refused";

/// Variables that are not those of a flag.
const OTHER_VARIABLES: &str = "
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM
                            whether output is coloured
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
                            the proxies, and the hosts that are reached without
  GITHUB_ACTIONS, GITLAB_CI, JENKINS_URL, CIRCLECI, BUILDKITE, TF_BUILD
                            tell a CI job, whose link becomes the CI link";

pub fn run(man: &Man) -> Result<Exit, CommandError> {
    let page = page(man.page.as_deref()).map_err(CommandError::fault)?;
    if !(io::stdout().is_terminal() && show(&page)) {
        terminal::data(page.as_bytes())?;
    }
    Ok(Exit::Success)
}

/// Has `man` show a page, and tells whether it did.
fn show(page: &str) -> bool {
    let Ok(mut man) = Process::new("man").args(["-l", "-"]).stdin(Stdio::piped()).spawn() else {
        return false;
    };
    let has_read =
        man.stdin.take().is_some_and(|mut input| input.write_all(page.as_bytes()).is_ok());
    man.wait().is_ok_and(|status| status.success()) && has_read
}

/// Writes the page about `to`, or about one of its commands.
fn page(page: Option<&str>) -> io::Result<String> {
    let mut whole = documented(tree()).disable_help_subcommand(true);
    whole.build();
    let mut command = page.and_then(|name| whole.find_subcommand(name)).unwrap_or(&whole).clone();
    let usage = command.render_usage().to_string();
    let help = command.get_after_help().map(ToString::to_string);
    let more = help.unwrap_or_else(|| format!("{OVERVIEW}\n\n{EXAMPLES}"));
    let command = command.override_usage(usage.trim_start_matches("Usage: ").to_owned());
    let listings = format!("{}\n\n{FILES}\n\n{EXIT_STATUS}", environment(&command, page.is_none()));
    let version = whole.render_version();
    let manual = Manual::new(command).source(version.trim_end()).manual("Test Observer").date(DATE);
    let mut page_text = Vec::new();
    manual.render_title(&mut page_text)?;
    manual.render_name_section(&mut page_text)?;
    manual.render_synopsis_section(&mut page_text)?;
    manual.render_description_section(&mut page_text)?;
    paragraphs(&more).to_writer(&mut page_text)?;
    if page.is_none() {
        manual.render_subcommands_section(&mut page_text)?;
    }
    manual.render_options_section(&mut page_text)?;
    sections(&listings).to_writer(&mut page_text)?;
    sections(&more).to_writer(&mut page_text)?;
    see_also(&whole, page).to_writer(&mut page_text)?;
    String::from_utf8(page_text).map(|text| literally(&text)).map_err(io::Error::other)
}

/// Lists the variables of a command's flags.
fn environment(command: &Command, is_overview: bool) -> String {
    let line = |arg: &Arg| {
        let (flag, help) = (arg.get_long()?, arg.get_help()?.to_string());
        let variable = variable(flag);
        let is_read = !arg.is_hide_set() && help.contains(&format!("[env: {variable}]"));
        is_read.then(|| format!("\n  {variable:<24}  as --{flag}"))
    };
    let flags: String = command.get_arguments().filter_map(line).collect();
    let others = if is_overview { OTHER_VARIABLES } else { "" };
    format!("Environment:{flags}{others}")
}

/// Returns the paragraphs that are no listings, to follow the description.
fn paragraphs(text: &str) -> Roff {
    let mut page = Roff::new();
    for paragraph in text.split("\n\n").filter(|paragraph| listing(paragraph).is_none()) {
        page.control("PP", []);
        page.text([roman(paragraph)]);
    }
    page
}

/// Returns the listings, each as a section of its own.
fn sections(text: &str) -> Roff {
    let mut page = Roff::new();
    for (heading, lines) in text.split("\n\n").filter_map(listing) {
        page.control("SH", [heading.to_uppercase().as_str()]);
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        page.control("fi", []);
    }
    page
}

/// Returns the section that names the other pages.
fn see_also(whole: &Command, page: Option<&str>) -> Roff {
    let commands = whole.get_subcommands().map(|command| format!("to-{}", command.get_name()));
    let this = page.map_or("to".to_owned(), |name| format!("to-{name}"));
    let others = ["to".to_owned()].into_iter().chain(commands).filter(|name| *name != this);
    let others: Vec<String> = others.map(|name| format!("{name}(1)")).collect();
    let mut section = Roff::new();
    section.control("SH", ["SEE ALSO"]);
    section.text([roman(others.join(", "))]);
    section
}

/// Returns a page whose characters are those that were written: roff takes some for typography, and what is
/// copied from the page would not run.
fn literally(page: &str) -> String {
    page.replace('`', r"\(ga").replace('~', r"\(ti").replace('^', r"\(ha")
}

/// Returns the heading and the lines of a listing.
fn listing(paragraph: &str) -> Option<(&str, &str)> {
    let (heading, lines) = paragraph.split_once(":\n  ")?;
    (!heading.contains('\n')).then_some((heading, lines))
}
