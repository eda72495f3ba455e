import chromium from '@sparticuz/chromium'

// Unpacks Chromium, its fonts and its libraries into TMPDIR. The package decides by the environment what it unpacks,
// so this runs as a process of its own with an environment made for it.
await chromium.executablePath()
