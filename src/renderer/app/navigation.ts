/** Pages of the navigation bar, in order. `label` is a key of the catalogue; `g` followed by `key` opens the page. */
export const pages = [
  { to: '/datasets', label: 'app.pages.datasets', icon: 'i-lucide-film', key: 'd' },
  { to: '/pipelines/new', label: 'app.pages.newPipeline', icon: 'i-lucide-circle-plus', key: 'n' },
  { to: '/experiments', label: 'app.pages.experiments', icon: 'i-lucide-flask-conical', key: 'e' },
  { to: '/runs', label: 'app.pages.runs', icon: 'i-lucide-activity', key: 'r' },
  { to: '/queue', label: 'app.pages.queue', icon: 'i-lucide-list-ordered', key: 'q' },
  { to: '/charts', label: 'app.pages.charts', icon: 'i-lucide-chart-scatter', key: 'h' },
  { to: '/compare', label: 'app.pages.compare', icon: 'i-lucide-git-compare', key: 'c' },
  { to: '/checkpoints', label: 'app.pages.checkpoints', icon: 'i-lucide-package', key: 'k' },
  { to: '/trash', label: 'app.pages.trash', icon: 'i-lucide-trash-2', key: 't' },
  { to: '/settings', label: 'app.pages.settings', icon: 'i-lucide-settings', key: 's' },
] as const

/** Whether a path is a page or below it: `/runs/<id>` is within `/runs`. */
export const isWithin = (path: string, page: string): boolean => path === page || path.startsWith(`${page}/`)
