//! From the command line to the exit status: parse, dispatch, exit.

pub mod args;
mod man;

use std::process::ExitCode;

use crate::commands::error::Exit;
use crate::commands::{self, Context};
use crate::ui::terminal;
use args::{Cli, Task};

/// Runs the command that the arguments of this process ask for.
#[must_use]
pub fn main() -> ExitCode {
    match args::parse() {
        Ok(cli) => ExitCode::from(run(cli).code()),
        Err(error) => ExitCode::from(args::say(&error)),
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
        Task::Completions(completions) => terminal::data(&args::completions(completions.shell))
            .map(|()| Exit::Success)
            .map_err(Into::into),
        Task::Man(page) => args::man(page.page.as_deref())
            .and_then(|page| Ok(terminal::data(&page)?))
            .map(|()| Exit::Success),
    };
    outcome.unwrap_or_else(|error| {
        context.ui.error(&error);
        commands::error::exit(&error)
    })
}
