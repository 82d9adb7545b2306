const moduleUrl = /(new URL\(\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\2(\s*,\s*import\.meta\.url\s*\))/g;

/**
 * A child process or worker is started from `new URL('./child.ts', import.meta.url)`, which the compiler leaves as it
 * is: what it emits is called `.js`.
 */
export function rewriteModuleUrls(javascript: string): string {
  return javascript.replace(moduleUrl, '$1$2$3.js$2$4');
}
