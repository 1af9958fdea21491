use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use caller::{CertificateRequest, TestIdentity};
use um_tests::{DOMAIN, Server, align};

use crate::sipp::greeting_milliseconds;

/// What baresip says, at 8 kHz.
fn speech() -> Vec<i16> {
    caller::speech_like_noise(Duration::from_secs(3))
}

/// Writes what baresip plays: silence for as long as the greeting and the tone last, for it cannot wait for them, and
/// then the speech.
fn write_played(path: &Path) {
    let mut samples = vec![0; greeting_milliseconds() * 8];
    samples.extend(speech());
    // A pause behind it: baresip stops sending at the end of its file.
    samples.extend([0; 8000]);
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = u32::try_from(data.len()).unwrap();
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    fs::write(path, file).unwrap();
}

/// A configuration folder of baresip; `more` are further lines of its `config`.
fn configuration(folder: &Path, account: &str, more: &str) {
    fs::create_dir_all(folder).unwrap();
    let played = folder.join("played.wav");
    write_played(&played);
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

/// Lets baresip call `uri` and hang up when it has said everything.
fn call(folder: &Path, uri: &str) -> String {
    let seconds = greeting_milliseconds() / 1000 + 6;
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
    assert!(said.contains("Call established"), "{said}");
    let messages = server.messages("4001", 1);
    assert_eq!(messages[0]["caller"], "caller");
    let found = align(&speech(), &server.exported_audio("4001", &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}\n{said}");
}

#[test]
fn baresip_over_udp_leaves_a_message_that_plays() {
    let server = Server::start_with_mailbox();
    let folder = server.folder().join("baresip");
    configuration(&folder, &format!("<sip:caller@{}>", server.sip()), "");

    let said = call(&folder, &format!("sip:4001@{}", server.sip()));

    assert_message_plays(&server, &said);
}

/// A call over mutual TLS to a plan of this mode; `media` ends the account's line.
fn leaves_a_message_over_mutual_tls(mode: &str, media: &str, modules: &str) {
    let server = Server::start();
    let folder = server.folder().join("baresip");
    let identity = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let pin = server.file("gw1.pem", identity.certificate_pem());
    let both = server.file("both.pem", &format!("{}{}", identity.certificate_pem(), identity.key_pem()));
    let trusted = server.file("um.pem", &server.certificate());
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", mode]);
    server.um_ok(&["gateway", "create", "gw1", "--address", "gw1.test", "--dialplan", "hq", "--trust", &pin]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
    let at = format!("{};transport=tls", server.sip_over_tls());
    let dns = name_server(DOMAIN);
    let more = format!("sip_certificate {both}\nsip_cafile {trusted}\ndns_server {dns}\n{modules}");
    configuration(&folder, &format!("<sip:caller@{at}>{media}"), &more);

    let said = call(&folder, &format!("sip:4001@{at}"));

    assert_message_plays(&server, &said);
}

#[test]
fn baresip_over_mutual_tls_without_srtp_leaves_a_message_that_plays() {
    leaves_a_message_over_mutual_tls("sip-secured", "", "");
}

#[test]
fn baresip_over_mutual_tls_with_srtp_leaves_a_message_that_plays() {
    leaves_a_message_over_mutual_tls(
        "secured",
        ";mediaenc=srtp-mand",
        "module_path /usr/lib/baresip/modules\nmodule srtp.so\n",
    );
}
