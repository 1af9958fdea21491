use bytes::Bytes;

use crate::{NameAddr, Uri};

/// Remote target and route set of a dialog: what Request-URI and Route of our requests say (RFC 3261 12.2.1.1).
///
/// They never choose where a request is sent: that is the gateway the dialog belongs to (docs/security-modes.md 2a).
#[derive(Clone, Debug)]
pub(crate) struct RouteSet {
    target: Uri,
    routes: Vec<NameAddr>,
}

impl RouteSet {
    /// The route set of a UAS: "the list of URIs in the Record-Route header field from the request, taken in order and
    /// preserving all URI parameters" (RFC 3261 12.1.1).
    pub(crate) fn new(target: &Uri, record_routes: &[NameAddr]) -> Self {
        let routes = record_routes
            .iter()
            .map(|route| NameAddr::parse(&Bytes::from(route.to_string())).unwrap_or_else(|_| route.clone()))
            .collect();
        Self { target: detached(target), routes }
    }

    /// A target refresh was accepted: "it MUST replace the dialog's remote target URI" (RFC 3261 12.2.2).
    pub(crate) fn refresh(&mut self, target: &Uri) {
        self.target = detached(target);
    }

    /// The peer's Contact.
    pub(crate) fn target(&self) -> &Uri {
        &self.target
    }

    /// The URI that names the next hop, which is a hint only.
    pub(crate) fn next_hop(&self) -> &Uri {
        self.routes.first().map_or(&self.target, |first| &first.uri)
    }

    /// Request-URI and Route values, in order.
    pub(crate) fn request_uri_and_routes(&self) -> (Uri, Vec<String>) {
        let Some((first, rest)) = self.routes.split_first() else { return (self.target.clone(), Vec::new()) };
        if first.uri.as_sip().is_some_and(|uri| uri.is_loose_router()) {
            // "the UAC MUST place the remote target URI into the Request-URI and MUST include a Route header field
            // containing the route set values in order"
            return (self.target.clone(), self.routes.iter().map(ToString::to_string).collect());
        }
        // "If the route set is not empty, and its first URI does not contain the lr parameter, the UAC MUST place the
        // first URI from the route set into the Request-URI .. The UAC MUST then place the remote target URI into the
        // Route header field as the last value."
        let routes = rest.iter().map(ToString::to_string).chain([format!("<{}>", self.target)]).collect();
        (first.uri.clone(), routes)
    }
}

/// A copy that does not keep its message alive.
fn detached(uri: &Uri) -> Uri {
    Uri::parse(uri.as_str()).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route_set(routes: &[&str]) -> RouteSet {
        let routes: Vec<NameAddr> = routes
            .iter()
            .map(|route| NameAddr::parse(&Bytes::copy_from_slice(route.as_bytes())).unwrap())
            .collect();
        RouteSet::new(&Uri::parse("sip:callee@u2.domain.com").unwrap(), &routes)
    }

    #[test]
    fn without_routes_the_request_goes_to_the_remote_target() {
        let (uri, routes) = route_set(&[]).request_uri_and_routes();

        assert_eq!(uri.as_str(), "sip:callee@u2.domain.com");
        assert_eq!(routes, Vec::<String>::new());
    }

    #[test]
    fn loose_routers_stand_in_route_and_the_target_in_the_request_uri() {
        let (uri, routes) =
            route_set(&["<sip:p1.example.com;lr>", "<sip:p2.domain.com;lr>"]).request_uri_and_routes();

        assert_eq!(uri.as_str(), "sip:callee@u2.domain.com");
        assert_eq!(routes, ["<sip:p1.example.com;lr>", "<sip:p2.domain.com;lr>"]);
    }

    #[test]
    fn a_strict_router_takes_the_request_uri_and_the_target_becomes_the_last_route() {
        let (uri, routes) =
            route_set(&["<sip:p3.middle.com>", "<sip:p2.example.com;lr>"]).request_uri_and_routes();

        assert_eq!(uri.as_str(), "sip:p3.middle.com");
        assert_eq!(routes, ["<sip:p2.example.com;lr>", "<sip:callee@u2.domain.com>"]);
    }
}
