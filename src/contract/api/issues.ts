interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const shownIssues = 5

/** The issues that a schema found, one sentence per field: `clip.patchSize: The patch of ...`. At most five. */
export function describeIssues(issues: readonly Issue[]): string {
  const sentences = new Map<string, string>()
  for (const issue of issues) {
    const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    const message = /[.!?]$/.test(issue.message) ? issue.message : `${issue.message}.`
    // Later issues of a field follow from the first one.
    if (!sentences.has(path)) sentences.set(path, path === '' ? message : `${path}: ${message}`)
  }
  const lines = [...sentences.values()]
  const hidden = lines.length - shownIssues
  return [...lines.slice(0, shownIssues), ...(hidden > 0 ? [`And ${hidden} more.`] : [])].join(' ')
}
