declare const texts: Record<string, Record<string, string>>;
export default texts;
