// Where this page was served from decides where the API is: `{PathBase}/console/` lies beside `{PathBase}/api/v1`.

/** `{PathBase}/` of a page at `{PathBase}/console/`. */
export function basePath(pathname: string): string {
  const at = pathname.lastIndexOf('/console/');
  return at < 0 ? '/' : pathname.slice(0, at + 1);
}

const path = typeof location === 'undefined' ? '/' : basePath(location.pathname);
const origin = typeof location === 'undefined' ? '' : location.origin;

/** The path of the API, as requests name it. */
export const apiPath = `${path}api/v1`;

/** The whole address of the API, as a line for a terminal needs it. */
export const apiAddress = `${origin}${apiPath}`;

/** The address of this page without query and fragment: where a provider sends the browser back to. */
export const pageAddress = `${origin}${path}console/`;

export const swaggerAddress = `${path}api-docs`;
