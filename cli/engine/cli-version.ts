/** The Temporal CLI that is fetched where none is installed. Later ones cannot be built with `go install`. */
export const CLI_VERSION = '1.5.1';
