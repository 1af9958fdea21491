use super::*;

fn sip(text: &str) -> SipUri {
    let Ok(Uri::Sip(uri)) = Uri::parse(text) else { panic!("{text} is a SIP URI") };
    uri
}

#[test]
fn a_user_part_may_hold_what_ends_other_parts() {
    let uri = sip("sip:user;par=u%40example.net@example.com;lr?Subject=a%20b");

    assert_eq!(uri.user(), Some("user;par=u%40example.net"));
    assert_eq!(uri.user_decoded().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(uri.host(), &Host::Name(Text::from("example.com")));
    assert!(uri.is_loose_router());
    assert_eq!(uri.header("subject").as_deref(), Some("a b"));
}

#[test]
fn escapes_are_printed_as_they_came() {
    let text = "sip:%61lice%40x@example.com;n%61me=v%61lue%25%34%31";
    let uri = sip(text);

    assert_eq!(uri.to_string(), text);
    assert_eq!(uri.user_decoded().as_deref(), Some("alice@x"));
}

#[test]
fn phone_context_stays_in_the_user_part() {
    let uri = sip("sip:+1555;phone-context=example.com@gw.example.com:5070;user=phone");

    assert_eq!(uri.user(), Some("+1555;phone-context=example.com"));
    assert_eq!(uri.port(), Some(5070));
    assert_eq!(uri.params().token("user"), Some("phone"));
}

#[test]
fn an_unescaped_at_in_a_parameter_is_part_of_it() {
    let uri = sip("sip:vm@um.example.com;target=sip:2001@pbx;cause=486");

    assert_eq!(uri.user(), Some("vm"));
    assert_eq!(uri.params().get("target").as_deref(), Some("sip:2001@pbx"));
}

#[test]
fn an_escaped_nul_is_a_character_like_others() {
    assert_eq!(sip("sip:null-%00-null@example.com").user_decoded().as_deref(), Some("null-\0-null"));
}

#[test]
fn a_broken_escape_stays_as_written() {
    assert_eq!(sip("sip:%Z%45%4@example.com").user_decoded().as_deref(), Some("%ZE%4"));
}

#[test]
fn a_tel_uri_gives_its_number() {
    let uri = Uri::parse("tel:+1-201-555-0123;phone-context=example.com").unwrap();

    assert_eq!(uri.user_decoded().as_deref(), Some("+1-201-555-0123"));
    assert_eq!(uri.param("phone-context").as_deref(), Some("example.com"));
}

#[test]
fn unknown_schemes_are_kept() {
    let uri = Uri::parse("soap.beep://192.0.2.103:3002").unwrap();

    assert_eq!(uri.scheme(), "soap.beep");
    assert_eq!(uri.to_string(), "soap.beep://192.0.2.103:3002");
    assert_eq!(uri.user_decoded(), None);
}

#[test]
fn what_is_no_uri_is_refused() {
    for text in
        ["", "sip:", "sip:@host", "<sip:a@b>", "sip:a@b; lr", "sip:a@b@c", "sip:2001:db8::10", "1x:y", "tel:"]
    {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_built_uri_escapes_its_user_and_reads_back() {
    let uri = SipUri::new(Host::from(std::net::IpAddr::from([192, 0, 2, 1])))
        .with_user("a b@c")
        .with_port(5070)
        .with_param("transport", Some("tls"));

    assert_eq!(uri.to_string(), "sip:a%20b%40c@192.0.2.1:5070;transport=tls");
    assert_eq!(Uri::parse(&uri.to_string()), Ok(Uri::Sip(uri)));
}
