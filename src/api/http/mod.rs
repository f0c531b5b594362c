//! Test Observer's API over HTTP.

mod client;
mod redactor;
mod token;
mod transport;

pub use client::HttpServer;
pub use token::Token;
pub use transport::HttpSettings;
