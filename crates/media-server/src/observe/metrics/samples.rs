//! The dashboard and the alert rules of config/ ask for nothing that the page does not have.
use std::collections::BTreeSet;

use serde_json::Value;
use telephony::CATALOGUE;

use super::*;

const DASHBOARD: &str = include_str!("../../../../../config/grafana-dashboard.json");
const RULES: &str = include_str!("../../../../../config/alert-rules.yml");
/// Labels that Prometheus itself gives to a series.
const OF_PROMETHEUS: [&str; 3] = ["instance", "job", "le"];

/// The metric behind a name in a query: a histogram is asked for by its parts.
fn metric(name: &str) -> Option<&'static MetricKind> {
    METRICS.iter().copied().find(|kind| match kind.form {
        MetricForm::Histogram => {
            ["_bucket", "_sum", "_count"].iter().any(|part| name.strip_suffix(part) == Some(kind.name))
        }
        MetricForm::Counter | MetricForm::Gauge => name == kind.name,
    })
}

/// The words of a query that are no content of a label.
fn words(query: &str) -> Vec<&str> {
    let outside = query.split('"').step_by(2);
    outside
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}

/// What is wrong with a query.
fn faults(query: &str) -> Vec<String> {
    let kinds: Vec<Option<&MetricKind>> =
        words(query).into_iter().filter(|word| word.starts_with("um_")).map(metric).collect();
    let mut faults: Vec<String> = words(query)
        .into_iter()
        .filter(|word| word.starts_with("um_") && metric(word).is_none())
        .map(|word| format!("there is no metric {word}"))
        .collect();
    let known: BTreeSet<&str> = kinds
        .into_iter()
        .flatten()
        .flat_map(|kind| kind.labels.iter().map(|(label, _)| *label))
        .chain(OF_PROMETHEUS)
        .collect();
    for label in labels(query) {
        if !known.contains(label.as_str()) {
            faults.push(format!("there is no label {label}"));
        }
    }
    for name in query.split("name=\"").skip(1).filter(|_| query.contains("um_events_total")) {
        let name = name.split('"').next().unwrap_or_default();
        if CATALOGUE.iter().all(|kind| kind.name != name) {
            faults.push(format!("there is no event {name}"));
        }
    }
    faults
}

/// The labels that a query selects or groups by.
fn labels(query: &str) -> Vec<String> {
    let selected = query.split('{').skip(1).filter_map(|rest| rest.split('}').next()).flat_map(|inside| {
        let outside: Vec<&str> = inside.split('"').step_by(2).collect();
        outside
            .into_iter()
            .map(|text| text.trim_matches([',', ' ', '=', '!', '~']).to_owned())
            .collect::<Vec<_>>()
    });
    let grouped = ["by (", "ignoring("].into_iter().flat_map(|word| {
        let lists = query.split(word).skip(1).filter_map(|rest| rest.split(')').next());
        lists.flat_map(|list| list.split(',').map(|label| label.trim().to_owned())).collect::<Vec<_>>()
    });
    selected.chain(grouped).filter(|label| !label.is_empty()).collect()
}

fn rules() -> Vec<&'static str> {
    RULES.split("- alert: ").skip(1).collect()
}

/// Every query of the dashboard.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| queries(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn dashboard_asks_for_metrics_and_labels_that_there_are_and_shows_every_part() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = Vec::new();
    queries(&dashboard, &mut asked);

    for query in &asked {
        assert_eq!(faults(query), [""; 0], "{query}");
        assert!(query.contains("um_"), "{query}");
    }
    let shown: BTreeSet<&str> = asked
        .iter()
        .flat_map(|query| words(query))
        .filter_map(metric)
        .map(|kind| kind.part.heading())
        .collect();
    let parts: BTreeSet<&str> = MetricPart::ALL.iter().map(|part| part.heading()).collect();
    assert_eq!(shown, parts);
    let variable = &dashboard["templating"]["list"][1]["query"]["query"];
    assert_eq!(variable, "label_values(um_build_info, instance)");
}

#[test]
fn panels_of_the_dashboard_have_places_and_names_of_their_own() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let of = |key: &str| panels.iter().map(|panel| panel[key].to_string()).collect::<BTreeSet<_>>().len();

    assert_eq!((of("id"), of("title"), of("gridPos")), (panels.len(), panels.len(), panels.len()));
}

#[test]
fn each_alert_asks_for_what_there_is_and_tells_what_to_do() {
    let rules = rules();
    assert_eq!(rules.len(), RULES.matches("\n        expr: ").count());
    for rule in &rules {
        let value = |key: &str| {
            let lines = rule.lines().filter_map(|line| line.trim().strip_prefix(key));
            lines.collect::<Vec<_>>().first().copied().unwrap_or_default().trim()
        };
        let query = value("expr:");
        assert_eq!(faults(query), [""; 0], "{query}");
        assert!(query.contains("um_") || query.starts_with("up{job=\"um\"}"), "{query}");
        assert!(!value("for:").is_empty(), "{rule}");
        let severity = value("labels:");
        assert!(["{severity: warning}", "{severity: critical}"].contains(&severity), "{rule}");
        for key in ["summary:", "remedy:"] {
            let text = value(key);
            assert!(text.len() > 2 && text.starts_with('"') && text.ends_with('"'), "{rule}");
        }
    }
}

#[test]
fn query_for_what_there_is_not_is_found_out() {
    let told = |query: &str| faults(query).join("; ");

    assert_eq!(told("rate(um_calls_lost_total[5m])"), "there is no metric um_calls_lost_total");
    assert_eq!(told("um_call_mos"), "there is no metric um_call_mos");
    assert_eq!(told("um_calls_ended_total{plan=\"hq\"}"), "there is no label plan");
    assert_eq!(told("sum by (le, plan) (um_call_mos_bucket)"), "there is no label plan");
    assert_eq!(told("um_events_total{name=\"no-such\"}"), "there is no event no-such");
    assert_eq!(told("um_events_total{name=\"server-fault\",severity!=\"error\"}"), "");
}
