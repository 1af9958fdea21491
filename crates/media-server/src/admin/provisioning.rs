//! Vendors of devices, and the devices that are handed their profiles over HTTPS.
use std::sync::Arc;

use admin_api::{
    AddDevices, ApiError, Changed, NewDeviceVendor, SetDeviceVendor, SetTemplate, TemplateFile, Warning, code,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{
    Device, DeviceId, DeviceVendor, DeviceVendorPatch, ObjectKind, ProfileTemplate, SiteChange,
    TemplateChange,
};

use super::answer::{Answer, Refusal, body};
use super::order::Order;
use super::router::Desk;
use super::site::missing;
use super::trust;

/// `GET /v1/provisioning/vendors`
pub(super) async fn list_vendors(State(desk): State<Arc<Desk>>) -> Answer<Vec<DeviceVendor>> {
    Ok(Json(desk.state.site.current().device_vendors().cloned().collect()))
}

/// `GET /v1/provisioning/vendors/NAME`
pub(super) async fn show_vendor(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Answer<DeviceVendor> {
    let site = desk.state.site.current();
    site.device_vendor(&name).cloned().map(Json).ok_or_else(|| missing(ObjectKind::DeviceVendor, &name))
}

/// `POST /v1/provisioning/vendors`
pub(super) async fn add_vendor(by: Order, bytes: Bytes) -> Answer<Changed> {
    let NewDeviceVendor { name, file, pem, names_by, legacy_sha1, template: given } = body(&bytes)?;
    let roots = trust::vendor_roots(&file, &pem)?;
    let template = given.as_ref().map(template).transpose()?;
    let vendor = DeviceVendor { name, names_by, legacy_sha1, roots, template };
    let desk = Arc::clone(&by.desk);
    let Json(mut changed) = by.change(SiteChange::AddDeviceVendor(vendor)).await?;
    if desk.state.board.provisioning().is_empty() {
        changed.warnings.push(not_open());
    }
    Ok(Json(changed))
}

/// `PATCH /v1/provisioning/vendors/NAME`
pub(super) async fn set_vendor(by: Order, Path(name): Path<String>, bytes: Bytes) -> Answer<Changed> {
    let SetDeviceVendor { file, pem, names_by, legacy_sha1, template: given } = body(&bytes)?;
    let roots = pem.map(|pem| trust::vendor_roots(&file, &pem)).transpose()?;
    let change = |given: &SetTemplate| match given {
        SetTemplate::Use(given) => template(given).map(TemplateChange::Use),
        SetTemplate::Remove => Ok(TemplateChange::Remove),
    };
    let template = given.as_ref().map(change).transpose()?;
    let patch = DeviceVendorPatch { roots, names_by, legacy_sha1, template };
    by.change(SiteChange::SetDeviceVendor { name, patch }).await
}

/// `DELETE /v1/provisioning/vendors/NAME`
pub(super) async fn remove_vendor(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::RemoveDeviceVendor { name }).await
}

/// `GET /v1/provisioning/devices`
pub(super) async fn list_devices(State(desk): State<Arc<Desk>>) -> Answer<Vec<Device>> {
    Ok(Json(desk.state.site.current().devices().cloned().collect()))
}

/// `GET /v1/provisioning/devices/ID`
pub(super) async fn show_device(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer<Device> {
    let site = desk.state.site.current();
    site.device(&device(&id)?).cloned().map(Json).ok_or_else(|| missing(ObjectKind::Device, &id))
}

/// `POST /v1/provisioning/devices`: all of them or none.
pub(super) async fn add_devices(by: Order, bytes: Bytes) -> Answer<Changed> {
    let AddDevices { devices } = body(&bytes)?;
    by.change(SiteChange::AddDevices(devices)).await
}

/// `DELETE /v1/provisioning/devices/ID`
pub(super) async fn remove_device(by: Order, Path(id): Path<String>) -> Answer<Changed> {
    let id = device(&id)?;
    by.change(SiteChange::RemoveDevice { id }).await
}

fn template(given: &TemplateFile) -> Result<ProfileTemplate, Refusal> {
    let refused = |why: &str| Refusal(ApiError::told(code::INVALID, "template", why));
    if given.text.is_empty() {
        return Err(refused(&format!(
            "{} is empty: give a template, or none with `um provisioning vendor set NAME --no-template`",
            given.file
        )));
    }
    ProfileTemplate::parse(&given.text).map_err(|error| refused(&format!("{}: {error}", given.file)))
}

fn device(text: &str) -> Result<DeviceId, Refusal> {
    DeviceId::parse(text)
        .map_err(|error| Refusal(ApiError::told(code::INVALID, "device", &error.to_string())))
}

fn not_open() -> Warning {
    Warning {
        code: "no-provisioning-listener".to_owned(),
        message: "this server takes no requests of devices yet".to_owned(),
        remedy: "write provisioning = { port = 8443, owner = \"phones\" } at the top of um.toml, start the server again, \
                 and give the owner a certificate with `um cert import FILE --owner phones`"
            .to_owned(),
    }
}
