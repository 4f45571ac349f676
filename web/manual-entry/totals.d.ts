export function lineAmount(quantity: string, unitPrice: string, discount: string, decimals: number): string | undefined;
export function sumAmounts(amounts: readonly string[], decimals: number): string | undefined;
export function currencyDecimals(currency: string): number;
