import chromium from '@sparticuz/chromium'

// Unpacks Chromium, its fonts and its libraries into TMPDIR. The package chooses what to unpack by the environment, so this runs
// in a separate process.
await chromium.executablePath()
