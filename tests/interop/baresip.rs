use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use caller::{CertificateRequest, TestIdentity};
use serde_json::Value;
use um_tests::{DOMAIN, Server, align};

use crate::{phone::wav, sipp::greeting_milliseconds};

/// Who calls with baresip.
const CALLER: &str = "caller";
/// The end of the account and the modules of a baresip that offers nothing but SRTP.
const SECURED: (&str, &str) =
    (";mediaenc=srtp-mand", "module_path /usr/lib/baresip/modules\nmodule srtp.so\n");
/// How long baresip speaks, where nothing else asks for more.
const SPEECH: Duration = Duration::from_secs(3);

/// What baresip says, at 8 kHz.
fn speech() -> Vec<i16> {
    caller::speech_like_noise(SPEECH)
}

/// Writes what baresip plays: silence for as long as the greeting and the tone last, for it cannot wait for them, and
/// then the speech, over and over for so long.
fn write_played(path: &Path, speaking: Duration) {
    let mut samples = vec![0; greeting_milliseconds() * 8];
    let length = usize::try_from(speaking.as_millis()).unwrap() * 8;
    samples.extend(speech().iter().cycle().take(length));
    // A pause behind it: baresip stops sending at the end of its file.
    samples.extend([0; 8000]);
    fs::write(path, wav(&samples)).unwrap();
}

/// A configuration folder of a baresip that speaks so long; `more` are further lines of its `config`.
fn configuration(folder: &Path, speaking: Duration, account: &str, more: &str) {
    fs::create_dir_all(folder).unwrap();
    let played = folder.join("played.wav");
    write_played(&played, speaking);
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:0\n{more}\
         audio_source aufile,{}\naudio_player aufile,/dev/null\naudio_alert aufile,/dev/null\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\nrtp_ports 41000-41999\n\
         module_path /usr/lib/baresip/modules\nmodule stdio.so\nmodule g711.so\nmodule aufile.so\nmodule uuid.so\n\
         module_app account.so\nmodule_app contact.so\nmodule_app menu.so\nnet_interface 127.0.0.1\n",
        played.display()
    );
    fs::write(folder.join("config"), config).unwrap();
    fs::write(folder.join("accounts"), format!("{account};regint=0;audio_codecs=PCMU/8000/1\n")).unwrap();
    fs::write(folder.join("contacts"), "").unwrap();
}

/// A name server that knows the address of one name, 127.0.0.1, and nothing else; baresip asks no `/etc/hosts`, and the
/// server's Contact over TLS is its name. It ends with the test's process.
fn name_server(name: &'static str) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let wanted: Vec<u8> = name
        .split('.')
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .chain([0])
        // QTYPE A, QCLASS IN (RFC 1035 3.2).
        .chain([0, 1, 0, 1])
        .collect();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Some((head, question)) = buffer[..length].split_at_checked(12) else { continue };
            let known = question.starts_with(&wanted);
            // The same id; an answer, authoritative, no error; one question, one or no answer (RFC 1035 4.1.1).
            let mut answer = vec![head[0], head[1], 0x84, 0, 0, 1, 0, u8::from(known), 0, 0, 0, 0];
            let asked = question.iter().position(|octet| *octet == 0).map_or(0, |end| end + 5);
            answer.extend(&question[..asked.min(question.len())]);
            if known {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            socket.send_to(&answer, from).ok();
        }
    });
    address
}

/// Lets baresip call `uri` and hang up when it has spoken so long.
fn call(folder: &Path, speaking: Duration, uri: &str) -> String {
    let seconds = greeting_milliseconds() / 1000 + usize::try_from(speaking.as_secs()).unwrap() + 3;
    let output = Command::new("baresip")
        .current_dir(folder)
        .arg("-f")
        .arg(folder)
        .args(["-e", &format!("/dial {uri}"), "-t", &seconds.to_string()])
        .stdin(Stdio::null())
        .output();
    let output =
        output.expect("baresip is missing: run `apt-get install -y baresip-core`, as scripts/test.sh does");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn assert_message_plays(server: &Server, said: &str) {
    assert_one_plays(server, "4001", &server.messages("4001", 1), said);
}

/// One of the messages is baresip's, and what it has said is in it.
pub(crate) fn assert_one_plays(server: &Server, mailbox: &str, messages: &[Value], said: &str) {
    assert!(said.contains("Call established"), "{said}");
    let own = messages.iter().find(|message| message["caller"] == CALLER);
    let own = own.unwrap_or_else(|| panic!("no message of baresip among {messages:#?}\n{said}"));
    let found = align(&speech(), &server.exported_audio(mailbox, own));
    assert!(found.correlation >= 0.99, "{found:?}\n{said}");
}

#[test]
fn baresip_over_udp_leaves_a_message_that_plays() {
    let server = Server::start_with_mailbox();
    let folder = server.folder().join("baresip");
    configuration(&folder, SPEECH, &format!("<sip:{CALLER}@{}>", server.sip()), "");

    let said = call(&folder, SPEECH, &format!("sip:4001@{}", server.sip()));

    assert_message_plays(&server, &said);
}

/// A call over mutual TLS to a plan of this mode; `media` ends the account's line.
fn leaves_a_message_over_mutual_tls(mode: &str, media: &str, modules: &str) {
    let server = Server::start();
    let identity = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let pin = server.file("gw1.pem", identity.certificate_pem());
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", mode]);
    server.um_ok(&["gateway", "create", "gw1", "--address", "gw1.test", "--dialplan", "hq", "--trust", &pin]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);

    let said = over_mutual_tls(&server, &identity, SPEECH, (media, modules))();

    assert_message_plays(&server, &said);
}

/// What lets baresip call 4001 over mutual TLS as a gateway with this certificate.
fn over_mutual_tls(
    server: &Server,
    identity: &TestIdentity,
    speaking: Duration,
    (media, modules): (&str, &str),
) -> impl FnOnce() -> String + Send + use<> {
    let folder = server.folder().join("baresip");
    let both = server.file("both.pem", &format!("{}{}", identity.certificate_pem(), identity.key_pem()));
    let trusted = server.file("um.pem", &server.certificate());
    let at = format!("{};transport=tls", server.sip_over_tls());
    let dns = name_server(DOMAIN);
    let more = format!("sip_certificate {both}\nsip_cafile {trusted}\ndns_server {dns}\n{modules}");
    configuration(&folder, speaking, &format!("<sip:{CALLER}@{at}>{media}"), &more);
    move || call(&folder, speaking, &format!("sip:4001@{at}"))
}

/// baresip in a secured call to 4001 with this certificate, once the call is up: it speaks so long, hangs up, and then
/// gives what it has printed.
pub(crate) fn talking(server: &Server, identity: &TestIdentity, speaking: Duration) -> JoinHandle<String> {
    let calling = thread::spawn(over_mutual_tls(server, identity, speaking, SECURED));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_up(server) {
        let waits = Instant::now() < deadline && !calling.is_finished();
        assert!(waits, "baresip's call does not come up");
    }
    calling
}

/// Whether baresip's call is up.
pub(crate) fn is_up(server: &Server) -> bool {
    let live = server.um_json(&["calls", "list"]);
    live.as_array().unwrap().iter().any(|call| call["caller"] == CALLER)
}

#[test]
fn baresip_over_mutual_tls_without_srtp_leaves_a_message_that_plays() {
    leaves_a_message_over_mutual_tls("sip-secured", "", "");
}

#[test]
fn baresip_over_mutual_tls_with_srtp_leaves_a_message_that_plays() {
    let (media, modules) = SECURED;
    leaves_a_message_over_mutual_tls("secured", media, modules);
}
