/**
 * Turns off the telemetry of ONNX Runtime, which otherwise writes a device id and a database to the user's cache folder and
 * contains an uploader. ONNX Runtime reads the variable when it is loaded, so this module is imported before it. A value that
 * the user has set stays. In a worker thread `process.env` is a copy that native code does not see: there it must be set, or
 * this module imported, by the main thread.
 */
process.env.ORT_DISABLE_TELEMETRY ??= "1";
