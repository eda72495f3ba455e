import { protocol } from '#contract/api/protocol.ts'

const marker = `#${protocol.linkParameter}=`

/** The address with which the page was opened. The secret of a link is removed from the address bar before the router reads it. */
export const openedAddress = window.location.href

if (window.location.hash.startsWith(marker))
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)

// A link that is pasted into the address bar of an open page changes the fragment only.
window.addEventListener('hashchange', () => {
  if (window.location.hash.startsWith(marker)) window.location.reload()
})
