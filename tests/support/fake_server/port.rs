//! A port of the loopback that is nobody else's, also while nobody listens at it.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, bind, getsockname, shutdown, socket_with,
};

/// A free port. A socket that never listens holds it, so that connections are refused, and that no
/// other server or client of the machine is given it meanwhile.
pub struct Port {
    pub number: u16,
    _held: OwnedFd,
}

impl Port {
    /// Takes a port that the system chooses.
    pub fn reserve() -> Self {
        let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None).expect("a socket");
        set_socket_reuseaddr(&socket, true).expect("a socket");
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = getsockname(&socket).expect("an address");
        let address = SocketAddrV4::try_from(address).expect("an address of IPv4");
        Self { number: address.port(), _held: socket }
    }

    /// Listens there; when the listener is dropped, the port is closed again.
    pub fn listen(&self) -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, self.number)).expect("the port that is held")
    }
}

/// Ends the listening at once. Dropping is not enough: a process that another test is just starting
/// may hold the listener for a moment too.
pub fn close(listener: &TcpListener) {
    shutdown(listener, Shutdown::Both).expect("a listener");
}
