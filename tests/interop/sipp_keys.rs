//! sipp as a gateway that tells keys by SIP INFO, and is asked by REFER to connect its caller.
use std::time::{Duration, Instant};

use um_tests::Server;

use crate::sipp::sipp;

pub(crate) const PIN: &str = "730294";

/// What comes behind the last key.
pub(crate) enum Ending {
    /// The gateway hangs up.
    Bye,
    /// The gateway is asked to call somebody, does so, and the server hangs up.
    Transferred,
}

/// A request within the call, and its 200.
fn request(method: &str, sequence: usize, headers: &str, body: &str) -> String {
    format!(
        "<send retrans=\"500\"><![CDATA[\n\n\
         {method} [next_url] SIP/2.0\n\
         Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
         [routes]\n\
         From: <sip:4002@[local_ip]>;tag=[pid]SIPpTag00[call_number]\n\
         To: <sip:[service]@[remote_ip]>[$1]\n\
         Call-ID: [call_id]\n\
         CSeq: {sequence} {method}\n\
         Contact: <sip:4002@[local_ip]:[local_port];transport=[transport]>\n\
         Max-Forwards: 70\n\
         {headers}Content-Length: [len]\n\n{body}\n]]></send>\n<recv response=\"200\" />\n"
    )
}

fn answer(status: &str) -> String {
    format!(
        "<send><![CDATA[\n\nSIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n\
         Contact: <sip:4002@[local_ip]:[local_port];transport=[transport]>\nContent-Length: 0\n\n]]></send>\n"
    )
}

/// A call from 4002 that presses these keys, a comma for a pause of a second.
fn scenario(keys: &str, ending: &Ending) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"keys\">\n<send retrans=\"500\"><![CDATA[\n\n\
         INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n\
         Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
         From: <sip:4002@[local_ip]>;tag=[pid]SIPpTag00[call_number]\n\
         To: <sip:[service]@[remote_ip]>\nCall-ID: [call_id]\nCSeq: 1 INVITE\n\
         Contact: <sip:4002@[local_ip]:[local_port];transport=[transport]>\nMax-Forwards: 70\n\
         Content-Type: application/sdp\nContent-Length: [len]\n\n\
         v=0\no=sipp 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n\
         m=audio [media_port] RTP/AVP 0\na=rtpmap:0 PCMU/8000\n]]></send>\n\
         <recv response=\"100\" optional=\"true\" />\n\
         <recv response=\"200\" rrs=\"true\"><action><ereg regexp=\";tag=[^;>]*\" search_in=\"hdr\" header=\"To:\" \
         assign_to=\"1\" /></action></recv>\n",
    );
    text += "<send><![CDATA[\n\nACK [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
             [routes]\nFrom: <sip:4002@[local_ip]>;tag=[pid]SIPpTag00[call_number]\nTo: <sip:[service]@[remote_ip]>[$1]\n\
             Call-ID: [call_id]\nCSeq: 1 ACK\nMax-Forwards: 70\nContent-Length: 0\n\n]]></send>\n<pause milliseconds=\"600\" />\n";
    let mut sequence = 1;
    for key in keys.chars() {
        if key == ',' {
            text += "<pause milliseconds=\"1000\" />\n";
            continue;
        }
        sequence += 1;
        let body = format!("Signal={key}\nDuration=160\n");
        // Before the key: what the last one brings about may come at once.
        text += "<pause milliseconds=\"150\" />\n";
        text += &request("INFO", sequence, "Content-Type: application/dtmf-relay\n", &body);
    }
    match ending {
        Ending::Bye => text += &request("BYE", sequence + 1, "", ""),
        Ending::Transferred => {
            text += "<recv request=\"REFER\"><action>\
                     <ereg regexp=\"sip:[^>]*\" search_in=\"hdr\" header=\"Refer-To:\" assign_to=\"2\" />\
                     <ereg regexp=\"sip:[^>]*\" search_in=\"hdr\" header=\"Referred-By:\" assign_to=\"3\" />\
                     <exec command=\"echo '[local_port] [$2] [$3]' > refer\" /></action></recv>\n";
            text += &answer("202 Accepted");
            let headers = "Event: refer\nSubscription-State: terminated;reason=noresource\nContent-Type: message/sipfrag\n";
            text += &request("NOTIFY", sequence + 1, headers, "SIP/2.0 200 OK\n");
            text += "<recv request=\"BYE\" />\n";
            text += &answer("200 OK");
        }
    }
    text + "</scenario>\n"
}

/// A REFER that has come to sipp.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Refer {
    /// The URI in Refer-To, with `PORT` in place of sipp's own port.
    pub(crate) to: String,
    /// The URI in Referred-By.
    pub(crate) by: String,
}

/// Calls from 4002 and gives the REFER that came, if one was awaited. Another request than those awaited fails the call.
pub(crate) fn call(server: &Server, number: &str, keys: &str, ending: &Ending) -> Option<Refer> {
    let file = server.file("keys.xml", &scenario(keys, ending));
    let output = sipp(server.folder())
        .args(["-sf", &file, "-m", "1", "-t", "u1", "-s", number, "-timeout", "60", "-timeout_error"])
        .arg(server.sip().to_string())
        .output()
        .unwrap();
    let screen = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sipp: {}\n{screen}{errors}", output.status);
    let noted = std::fs::read_to_string(server.folder().join("refer")).ok()?;
    let mut words = noted.split_whitespace();
    let mut word = || words.next().unwrap().to_owned();
    let port = word();
    Some(Refer { to: word().replace(&format!(":{port}"), ":PORT"), by: word() })
}

#[test]
fn owner_logs_on_with_keys_by_sip_info() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "5000"]);
    let pin = server.file("pin", PIN);
    server.um_ok(&["mailbox", "set-pin", "4001", "--pin-file", &pin]);

    // 4002 is nobody's: the extension is asked for first.
    call(&server, "5000", &format!("4001,{PIN}#,,"), &Ending::Bye);

    let event = server.event(1036, |_| true);
    assert!(event.to_string().contains("4001@hq"), "{event}");
    // The record follows the call.
    let deadline = Instant::now() + Duration::from_secs(20);
    let history = loop {
        let history = server.um_json(&["calls", "history"]);
        if history[0].is_object() {
            break history;
        }
        assert!(Instant::now() < deadline, "no record");
    };
    assert_eq!((&history[0]["digits"], &history[0]["extension"]), (&11.into(), &"4001".into()), "{history}");
}

#[test]
fn attendant_has_its_caller_connected_by_refer() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["attendant", "create", "main", "--dialplan", "hq", "--pilot", "6000"]);
    server.um_ok(&["attendant", "key", "main", "1", "transfer:4001"]);
    server.um_ok(&["attendant", "set", "main", "--enabled", "true"]);

    let refer = call(&server, "6000", "1", &Ending::Transferred).unwrap();

    let started = server.event(1024, |_| true).to_string();
    assert!(started.contains("4001"), "{started}");
    server.event(1026, |_| true);
    assert_eq!(refer.to, "sip:4001@127.0.0.1:PORT;transport=UDP;user=phone");
}
