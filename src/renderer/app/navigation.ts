/** Pages of the navigation bar, in order. `g` followed by `key` opens one. */
export const pages = [
  { to: '/datasets', label: 'Datasets', icon: 'i-lucide-film', key: 'd' },
  { to: '/pipelines/new', label: 'New pipeline', icon: 'i-lucide-circle-plus', key: 'n' },
  { to: '/runs', label: 'Runs', icon: 'i-lucide-activity', key: 'r' },
  { to: '/charts', label: 'Charts', icon: 'i-lucide-chart-scatter', key: 'h' },
  { to: '/compare', label: 'Compare', icon: 'i-lucide-git-compare', key: 'c' },
  { to: '/checkpoints', label: 'Checkpoints', icon: 'i-lucide-package', key: 'k' },
  { to: '/trash', label: 'Trash', icon: 'i-lucide-trash-2', key: 't' },
  { to: '/settings', label: 'Settings', icon: 'i-lucide-settings', key: 's' },
] as const

/** Whether a path is a page or below it: `/runs/<id>` is within `/runs`. */
export const isWithin = (path: string, page: string): boolean => path === page || path.startsWith(`${page}/`)
