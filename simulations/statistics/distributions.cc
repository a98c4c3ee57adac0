#include "simulations/statistics/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace consilium {
namespace {

namespace bm = boost::math;
namespace policies = boost::math::policies;

/// Boost's default is to throw.
using Quiet = policies::policy<policies::domain_error<policies::ignore_error>,
                               policies::pole_error<policies::ignore_error>,
                               policies::overflow_error<policies::ignore_error>,
                               policies::evaluation_error<policies::ignore_error>>;
using Normal = bm::normal_distribution<double, Quiet>;
using Student = bm::students_t_distribution<double, Quiet>;
using FisherF = bm::fisher_f_distribution<double, Quiet>;
using ChiSquare = bm::chi_squared_distribution<double, Quiet>;
using Binomial = bm::binomial_distribution<double, Quiet>;

/// Of a distribution that is symmetric about 0.
template <typename UpperTail>
double SymmetricPValue(double statistic, Alternative alternative, UpperTail&& upper_tail) {
  switch (alternative) {
    case Alternative::kTwoSided:
      return 2 * upper_tail(std::abs(statistic));
    case Alternative::kGreater:
      return upper_tail(statistic);
    case Alternative::kLess:
      break;
  }
  return upper_tail(-statistic);
}

}  // namespace

double NormalLowerTail(double z) { return bm::cdf(Normal(), z); }

double NormalUpperTail(double z) { return bm::cdf(bm::complement(Normal(), z)); }

double NormalQuantile(double p) { return bm::quantile(Normal(), p); }

double StudentUpperTail(double t, double degrees_of_freedom) {
  return bm::cdf(bm::complement(Student(degrees_of_freedom), t));
}

double StudentQuantile(double p, double degrees_of_freedom) {
  return bm::quantile(Student(degrees_of_freedom), p);
}

double FisherFUpperTail(double f, double degrees_between, double degrees_within) {
  return bm::cdf(bm::complement(FisherF(degrees_between, degrees_within), f));
}

double ChiSquareUpperTail(double x, double degrees_of_freedom) {
  return bm::cdf(bm::complement(ChiSquare(degrees_of_freedom), x));
}

double FairBinomialLowerTail(std::int64_t k, std::int64_t n) {
  return bm::cdf(Binomial(static_cast<double>(n), 0.5), static_cast<double>(k));
}

double NormalPValue(double z, Alternative alternative) {
  return SymmetricPValue(z, alternative, NormalUpperTail);
}

double StudentPValue(double t, double degrees_of_freedom, Alternative alternative) {
  return SymmetricPValue(t, alternative,
                         [&](double x) { return StudentUpperTail(x, degrees_of_freedom); });
}

}  // namespace consilium
