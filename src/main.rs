//! `to` submits test results to Test Observer: `to start && to submit && to end`.
//!
//! Data flows one way, and the modules follow it: input → results → batches → server → summary.
//! What reads reports knows nothing of HTTP, what sends knows nothing of JUnit, and neither prints.

mod ahead;
mod batch;
mod change;
mod ci;
mod cli;
mod commands;
mod courier;
mod delivery;
mod duplicates;
mod execution;
mod failure;
mod files;
mod github;
mod hash;
mod input;
mod interrupt;
mod limits;
mod live;
mod man;
mod notes;
mod outbox;
mod pace;
mod progress;
mod push;
mod reason;
mod request;
mod results;
mod server;
mod spill;
mod state;
mod submission;
mod summary;
mod table;
mod talk;

use std::process::ExitCode;

use cli::{Cli, Task};
use commands::Context;
use failure::Exit;

fn main() -> ExitCode {
    match cli::parse() {
        Ok(cli) => ExitCode::from(run(cli).code()),
        Err(error) => ExitCode::from(cli::say(&error)),
    }
}

fn run(cli: Cli) -> Exit {
    let context = Context::new(cli.common, &|name| std::env::var(name).ok());
    let outcome = match cli.command {
        Task::Start(start) => commands::start::run(*start, &context),
        Task::Submit(submit) => commands::submit::run(&submit, &context),
        Task::End(end) => commands::end::run(end, &context),
        Task::Result(result) => commands::result::run(result, &context),
        Task::Update(update) => commands::update::run(update, &context),
        Task::Show(show) => commands::show::run(&show, &context),
        Task::Check(_) => commands::check::run(&context),
        Task::Push(push) => commands::push::run(&push, &context),
        Task::Run(run) => commands::run::run(*run, &context),
        Task::Completions(completions) => talk::data(&cli::completions(completions.shell))
            .map(|()| Exit::Success)
            .map_err(Into::into),
        Task::Man(page) => cli::man(page.page.as_deref())
            .and_then(|page| Ok(talk::data(&page)?))
            .map(|()| Exit::Success),
    };
    outcome.unwrap_or_else(|error| {
        context.talk.error(&error);
        failure::exit(&error)
    })
}
