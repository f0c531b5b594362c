//! The command line: its arguments, what reads them, and the pages and scripts made of them.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "comments of options are the help")]

mod args;
mod completions;
mod man;
mod parse;

use std::env;
use std::process::ExitCode;

use args::{Cli, Task};

use crate::commands::{
    Context, Exit, check, end, push, rerun, reruns, result, run, show, start, submit, update,
};
use crate::options::color;
use crate::util::files;

/// Runs the command that the arguments of this process ask for.
#[must_use]
pub fn main() -> ExitCode {
    match parse::parse() {
        Ok(cli) => ExitCode::from(run(cli).code()),
        Err(error) => {
            color::apply(color::wanted(env::args_os().skip(1), env::var_os("TO_COLOR").as_deref()));
            ExitCode::from(parse::print(&error))
        }
    }
}

fn run(cli: Cli) -> Exit {
    color::apply(cli.common.color);
    let context = Context::new(cli.common);
    let outcome = match cli.command {
        Task::Start(start) => start::run(*start, &context),
        Task::Submit(submit) => submit::run(&submit, &context),
        Task::End(end) => end::run(end, &context),
        Task::Result(result) => result::run(result, &context),
        Task::Update(update) => update::run(update, &context),
        Task::Show(show) => show::run(&show, &context),
        Task::Check(_) => check::run(&context),
        Task::Rerun(rerun) => rerun::run(&rerun, &context),
        Task::Reruns(reruns) => reruns::run(reruns, &context),
        Task::Push(push) => push::run(&push, &context),
        Task::Run(run) => run::run(*run, &context),
        Task::Completions(completions) => completions::run(&completions),
        Task::Man(man) => man::run(&man),
    };
    let exit = context.exit_of(outcome);
    for warning in files::take_warnings() {
        context.ui.warning(&warning);
    }
    exit
}
