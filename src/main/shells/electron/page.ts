import { protocol } from 'electron'
import { protocol as names } from '#contract/api/protocol.ts'
import { respondTo, textResponse, type FileSources } from '../browser/files.ts'

const { protocol: scheme, host } = new URL(names.appOrigin)
const schemeName = scheme.slice(0, -1)

/** Makes the page's scheme a separate origin with the rules of a web page. Must be called before Electron is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: schemeName, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
}

/** Serves the window and the media under the page's scheme. */
export function servePage(sources: FileSources): void {
  protocol.handle(schemeName, async (request) => {
    const url = new URL(request.url)
    const isOurs = url.host === host && request.method === 'GET'
    const { status, headers, body } = isOurs
      ? await respondTo(url.pathname, sources)
      : textResponse(404, 'There is no such file.')
    return new Response(body, { status, headers })
  })
}
