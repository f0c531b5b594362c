//! The fake server's faults, whose timing is subtle: what was done, what was answered, and what stays.

use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::eventually;
use crate::support::fake_server::client::{self, Answer};
use crate::support::fake_server::{
    ALWAYS, Fault, Poison, Response, Server, TestResult, anything, http_time, iso_time, patches,
    results, starts,
};

const RESULTS_OF_1: &str = "/v1/test-executions/1/test-results";

fn passed(name: &str) -> Value {
    json!({ "name": name, "status": "PASSED" })
}

fn post(server: &Server, names: &[&str]) -> io::Result<Answer> {
    let body = names.iter().copied().map(passed).collect();
    client::call(server.port(), "POST", RESULTS_OF_1, &body)
}

fn status(answer: io::Result<Answer>) -> u16 {
    answer.expect("an answer").status
}

/// A server with an execution, to which results can be posted.
fn open_server() -> Server {
    let server = Server::start();
    assert_eq!(server.open_execution(), 1);
    server
}

fn stored(server: &Server) -> Vec<String> {
    server.execution(1).results().iter().map(|result| result.name.clone()).collect()
}

#[test]
fn a_connection_is_dropped_before_or_after_the_work() {
    let server = open_server();
    server.fault(results, 1, Fault::hang_up());
    server.fault(results, 1, Fault::hang_up().after_the_work());

    assert!(post(&server, &["before"]).is_err());
    assert!(stored(&server).is_empty());
    assert!(post(&server, &["after"]).is_err());
    assert_eq!(stored(&server), ["after"]);
    assert_eq!(status(post(&server, &["at last"])), 200);
    let answered: Vec<_> = server.requests().iter().map(|request| request.answered).collect();
    assert_eq!(answered, [None, None, Some(200)]);
}

#[test]
fn faults_wait_for_their_requests_in_order() {
    let server = open_server();
    let page = Response::nginx(503).header("retry-after", &http_time(SystemTime::now()));
    server.fault(patches, ALWAYS, Fault::answer(Response::refusal(405, "Method Not Allowed")));
    server.fault(results, 1, Fault::none());
    server.fault(results, 2, Fault::answer(page));
    server.fault(anything, 1, Fault::answer(Response::internal_error()).after_the_work());

    let statuses = ["a", "b", "c", "d", "e"].map(|name| status(post(&server, &[name])));
    assert_eq!(statuses, [200, 503, 503, 500, 200]);
    assert_eq!(stored(&server), ["a", "d", "e"]);
    let patch = client::call(server.port(), "PATCH", "/v1/test-executions/1", &json!({}));
    assert_eq!(status(patch), 405);
}

#[test]
fn a_proxy_answers_504_while_the_work_goes_on() {
    let server = open_server();
    let (per_result, deadline) = (Duration::from_millis(300), Duration::from_millis(50));
    server.pace(per_result, Some(deadline));

    assert_eq!(status(post(&server, &["one", "two"])), 504);
    let is_empty = stored(&server).is_empty();
    // A machine that is busy may have been too slow to look.
    assert!(is_empty || server.requests()[0].at.elapsed() >= 2 * per_result);
    // What comes after it waits for it, and is done after it.
    server.pace(Duration::ZERO, None);
    assert_eq!(status(post(&server, &["three"])), 200);
    let [first, second] = server.requests().try_into().expect("two requests");
    assert!(first.took.expect("an answer") >= deadline);
    assert!(second.at + second.took.expect("an answer") >= first.at + 2 * per_result);
    server.wait_for_execution(1, |execution| execution.results().len() == 3);
}

#[test]
fn a_server_that_was_down_is_back_on_its_port_with_all_that_it_holds() {
    let server = open_server();
    let mut idle = client::connect(server.port()).expect("a connection");
    server.fault(results, 1, Fault::outage(Some(Duration::from_millis(50))).after_the_work());

    assert!(post(&server, &["kept"]).is_err());
    assert!(client::exchange(&mut idle, "GET", "/v1/version", &[], b"").is_err());
    eventually(|| client::connect(server.port()).is_ok());
    assert_eq!(status(post(&server, &["new"])), 200);
    assert_eq!(stored(&server), ["kept", "new"]);

    server.go_down();
    assert!(client::connect(server.port()).is_err());
    server.come_back();
    assert_eq!(status(post(&server, &["newer"])), 200);
}

#[test]
fn a_request_that_is_held_is_seen_and_ends_with_the_server() {
    let server = open_server();
    server.fault(results, 1, Fault::silence());
    let port = server.port();
    let client = thread::spawn(move || client::call(port, "POST", RESULTS_OF_1, &json!([])));
    server.wait_for(|requests| requests.len() == 1);
    drop(server);
    assert!(client.join().expect("a thread").is_err());
}

#[test]
fn an_answer_dribbles_in_whole() {
    let server = open_server();
    server.fault(results, 1, Fault::dribble(Duration::from_micros(100)));
    assert_eq!(post(&server, &["slow"]).expect("an answer").body, b"null");
    assert_eq!(stored(&server), ["slow"]);
}

#[test]
fn a_connection_serves_until_an_error_of_the_application() {
    let server = open_server();
    let mut connection = client::connect(server.port()).expect("a connection");
    let mut send = |path: &str| client::exchange(&mut connection, "POST", path, &[], b"[]");
    assert_eq!(status(send(RESULTS_OF_1)), 200);
    assert_eq!(status(send("/v1/test-executions/2/test-results")), 404);
    assert_eq!(status(send("/v1/test-executions/2147483648/test-results")), 500);
    assert!(send(RESULTS_OF_1).is_err());
    assert!(server.requests().iter().all(|request| request.connection == 1));
}

#[test]
fn bodies_come_in_chunks_and_over_the_limit_not_at_all() {
    let server = open_server();
    server.limit_body(100);
    let mut connection = client::connect(server.port()).expect("a connection");
    let chunks = "POST /v1/test-executions/1/test-results HTTP/1.1\r\ncontent-type: application/json\r\n\
                  transfer-encoding: chunked\r\n\r\n\
                  f\r\n[{\"name\": \"in\",\r\n15\r\n\"status\": \"PASSED\" }]\r\n0\r\n\r\n";
    io::Write::write_all(&mut connection, chunks.as_bytes()).expect("a request");
    let next = client::exchange(&mut connection, "GET", RESULTS_OF_1, &[], b"");
    assert_eq!(next.expect("an answer").body, b"null");
    assert_eq!(server.requests()[0].json(), json!([passed("in")]));

    let answer = post(&server, &[&"x".repeat(100)]).expect("an answer");
    assert_eq!((answer.status, &*answer.content_type), (413, "text/html"));
    assert_eq!(stored(&server), ["in"]);
}

#[test]
fn poison_spoils_its_batch() {
    let server = open_server();
    server.poison(|name| name == "bad", Poison::Crash);
    assert_eq!(status(post(&server, &["good", "bad"])), 500);
    server.poison(|name| name == "bad", Poison::Refusal);
    let refused = post(&server, &["good", "bad"]).expect("an answer");
    assert_eq!(refused.json()["detail"][0]["loc"], json!(["body", 1, "name"]));
    assert!(stored(&server).is_empty());
    assert_eq!(status(post(&server, &["good"])), 200);
}

#[test]
fn of_parallel_first_sights_one_is_done() {
    let server = open_server();
    server.race(3);
    let start = json!({
        "family": "image", "sha256": "aa", "name": "noble.iso", "version": "1", "arch": "amd64",
        "os": "ubuntu", "release": "noble", "owner": "me", "image_url": "https://images.example/1",
        "execution_stage": "pending", "environment": "vm", "test_plan": "smoke",
    });
    let start_path = "/v1/test-executions/start-test";
    let first_post = json!([passed("new")]);
    for (method, path, body) in [("POST", RESULTS_OF_1, &first_post), ("PUT", start_path, &start)] {
        assert_eq!(four_at_once(&server, method, path, body), [200, 500, 500, 500]);
        assert_eq!(status(client::call(server.port(), method, path, body)), 200);
    }
    assert_eq!(stored(&server), ["new"]);
    assert_eq!(server.requests().iter().filter(|request| starts(request)).count(), 5);
    assert_eq!(server.executions().len(), 3);
    assert_eq!(server.execution(2).request, start);
}

fn four_at_once(server: &Server, method: &str, path: &str, body: &Value) -> Vec<u16> {
    let call = || status(client::call(server.port(), method, path, body));
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().expect("a thread")).collect()
    });
    statuses.sort_unstable();
    statuses
}

#[test]
fn a_test_name_is_what_its_first_writer_said() {
    let server = open_server();
    server.open_execution();
    let first = json!([{ "name": "t", "status": "FAILED", "category": "c", "template_id": "i" }]);
    let later =
        json!([{ "name": "t", "status": "PASSED", "category": "other", "comment": "fine" }]);
    for (id, results) in [(1, &first), (2, &later)] {
        let path = format!("/v1/test-executions/{id}/test-results");
        assert_eq!(status(client::call(server.port(), "POST", &path, results)), 200);
    }
    let TestResult { status, category, template_id, comment, .. } =
        server.execution(2).result("t").clone();
    assert_eq!([&*status, &category, &template_id, &comment], ["PASSED", "c", "i", "fine"]);
}

#[test]
#[should_panic(expected = "the server was never called")]
fn a_server_that_is_never_called_fails_its_test() {
    Server::start();
}

#[test]
#[should_panic(expected = "the server was called")]
fn a_server_that_is_called_against_expectation_fails_its_test() {
    let server = open_server();
    server.expect_no_requests();
    let _ = post(&server, &[]);
}

#[test]
fn a_stream_may_be_laid_over_the_socket() {
    let server = Server::builder()
        .auth_required()
        .key("to_key", &["view_test"])
        .tls(|tcp| Ok(Box::new(Scrambled(tcp))))
        .start();
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let mut stream = client::connect(server.port()).expect("a connection");
    let request =
        scramble(b"GET http://x/v1/version HTTP/1.1\r\nAuthorization: Bearer to_key\r\n\r\n");
    io::Write::write_all(&mut stream, &request).expect("a request");
    let mut answer = [0; 12];
    io::Read::read_exact(&mut stream, &mut answer).expect("an answer");
    assert_eq!(scramble(&answer), b"HTTP/1.1 200");
}

/// Stands for TLS: what passes is not what is meant.
struct Scrambled(TcpStream);

fn scramble(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x55).collect()
}

impl io::Read for Scrambled {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(into)?;
        let clear = scramble(&into[..length]);
        into[..length].copy_from_slice(&clear);
        Ok(length)
    }
}

impl io::Write for Scrambled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&scramble(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn times_are_written_as_http_and_the_server_do() {
    let example = UNIX_EPOCH + Duration::from_micros(784_111_777_000_042);
    assert_eq!(http_time(example), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(iso_time(example), "1994-11-06T08:49:37.000042");
    let leap_day = UNIX_EPOCH + Duration::from_hours(474_768);
    assert_eq!(iso_time(leap_day), "2024-02-29T00:00:00.000000");
}
