/**
 * Stops ONNX Runtime from collecting usage data and sending them to its maker, as it does from version 1.29 on. Call this before its library is
 * loaded, and in the main thread before threads load it: the `process.env` of a thread is a copy that the library does not see.
 *
 * Windows has its own setting for each environment; see `disableTelemetry` of the C interface.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}
