//! Test Observer's API over HTTP.

mod answer;
mod client;
mod elements;
mod failure;
mod proxy;
mod redactor;
mod request;
mod resolver;
mod setup;
mod token;
mod transport;
mod trust;

pub use client::HttpServer;
pub use token::Token;
pub use transport::HttpSettings;
